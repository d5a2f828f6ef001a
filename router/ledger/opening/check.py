"""Looking at a ledger for a person: whether it can be used, and what is wrong with it otherwise."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from router.ledger.engine import name_of
from router.ledger.opening.database import Database
from router.ledger.opening.problems import LedgerProblem
from router.ledger.opening.set_aside import is_sound


def problem_in(url: str) -> LedgerProblem | None:
    """What is wrong with the ledger at a database URL, or None. No file is made; SQLite reads all of it."""
    parsed = make_url(url)
    file = Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None
    database = Database(url, may_create=lambda: False)
    try:
        problem = database.probe()
    finally:
        database.dispose()
    if problem is None and file is not None and not is_sound(file):
        return LedgerProblem("corrupt", name_of(parsed))
    return problem
