"""The reps' API tokens. The file keeps hashes; a token is shown once, when it is made."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from router.security.private_files import open_own

PREFIX: Final = "lr_"


def made_for(rep: str, path: Path) -> str:
    """A new token for the rep; the file at `path` keeps its hash. The rep's older token ends.

    Raises OSError when the file cannot be written, and NotPrivate for a link in its place.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    _keep({**_known(path), rep: _hash(token)}, path)
    return token


def revoke(rep: str, path: Path) -> bool:
    """End the rep's token; False if there was none. Raises OSError when the file cannot be written."""
    known = _known(path)
    if known.pop(rep, None) is None:
        return False
    _keep(known, path)
    return True


def reps_with_token(path: Path) -> tuple[str, ...]:
    """The reps who have a token."""
    return tuple(_known(path))


def rep_of(token: str, path: Path) -> str | None:
    """The rep with this token, or None. Every hash is compared, so that the time taken shows nothing."""
    seen = _hash(token)
    found = [rep for rep, kept in _known(path).items() if hmac.compare_digest(seen, kept)]
    return found[0] if found else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return {pair[0]: pair[1] for pair in pairs}


def _keep(known: Mapping[str, str], path: Path) -> None:
    """Replace the file as a whole, with one that only its owner can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = path.with_name(path.name + ".new")
    lines = "".join(f"{rep} {kept}\n" for rep, kept in sorted(known.items()))
    with os.fdopen(open_own(written, os.O_WRONLY | os.O_TRUNC), "w") as file:
        file.write(f"# Hashes of API tokens, one rep a line. Made by: router token add REP\n{lines}")
    written.replace(path)
