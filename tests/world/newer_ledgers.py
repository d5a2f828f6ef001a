"""A ledger that a later version, which does not exist yet, has upgraded."""

from __future__ import annotations

from sqlalchemy import text

from router.ledger import open_ledger
from router.ledger.engine import engine_of

SCHEMA = "0099"


def make_newer(url: str, portal: str) -> None:
    """Have the database of that URL say that it has a schema which nobody knows."""
    open_ledger(url, portal).close()
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": SCHEMA})
    engine.dispose()
