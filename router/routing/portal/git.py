"""Questions to git about the directory of rule files."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def ask_git(directory: Path, *arguments: str, within_s: float) -> bytes | None:
    """Git's answer, or None if git is missing, takes longer than `within_s` seconds, or fails."""
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
        return None  # the caller says or leaves out what git cannot give
    return answer.stdout
