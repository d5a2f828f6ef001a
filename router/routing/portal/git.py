"""What git says of the directory of rule files, if it is there and quick enough."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def ask_git(directory: Path, *arguments: str, within_s: float) -> bytes | None:
    """What git answers, or None if it cannot: it is not there, too slow, or this is no repository."""
    git = shutil.which("git")
    if git is None:
        return None
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        answer = subprocess.run(
            [git, "-C", str(directory), *arguments],
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within_s,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None  # what cannot be had from git is said, or left out, in the caller's words
    return answer.stdout
