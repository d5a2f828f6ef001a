"""The author of the rule files that go live, if they come from git."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from router.ledger import Origin
from router.routing.portal.git import ask_git
from router.rules_on_disk import FILES, TESTS

PATIENCE_S: Final = 2.0
"""Seconds that git may take; without an answer the rules go live all the same."""
_SEPARATOR: Final = "\x1f"


def origin_of(directory: Path) -> Origin | None:
    """The last commit of the rule files; None without git, or when they differ from what is committed."""
    if _git(directory, "status", "--porcelain", "--", *FILES, TESTS) != "":
        return None
    found = _git(directory, "log", "-1", f"--format=%H{_SEPARATOR}%an{_SEPARATOR}%aI", "--", *FILES, TESTS)
    parts = (found or "").split(_SEPARATOR)
    if len(parts) != 3:
        return None
    commit, author, committed_at = parts
    return Origin(author, committed_at, commit)


def _git(directory: Path, *arguments: str) -> str | None:
    answer = ask_git(directory, *arguments, within_s=PATIENCE_S)
    return None if answer is None else answer.decode(errors="replace").strip()
