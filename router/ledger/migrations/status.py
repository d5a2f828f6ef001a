"""The status of a ledger: its schema, the migrations to come, and the rows still to be rewritten."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct
from sqlalchemy import make_url

from router.ledger.engine import engine_of, name_of
from router.ledger.migrations.upgrade import Migration, to_come
from router.ledger.rewriting.rewrites import Rewrites, RewritingProgress
from router.ledger.schema import NEWEST, revision_of

State = Literal["current", "old", "newer"]


class LedgerStatus(Struct, frozen=True):
    """Status of one ledger. `schema` is None if it is empty or older than migrations are.

    `newest` is the schema of this version. `rewriting` is empty unless the schema is current: only then does
    every column exist.
    """

    database: str
    schema: str | None
    newest: str
    state: State
    to_come: tuple[Migration, ...]
    rewriting: tuple[RewritingProgress, ...]


def status_of(url: str) -> LedgerStatus:
    """Read the status of the ledger at a database URL and change nothing. Raises errors of the database."""
    parsed = make_url(url)
    name = name_of(parsed)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return LedgerStatus(name, None, NEWEST, "old", to_come(None) or (), ())
    engine = engine_of(url)
    try:
        schema = revision_of(engine)
        steps = () if schema == NEWEST else to_come(schema)
        if steps is None:
            return LedgerStatus(name, schema, NEWEST, "newer", (), ())
        if steps:
            return LedgerStatus(name, schema, NEWEST, "old", steps, ())
        return LedgerStatus(name, schema, NEWEST, "current", (), Rewrites(engine).progress())
    finally:
        engine.dispose()
