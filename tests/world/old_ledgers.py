"""A ledger that an earlier version wrote, in any database; how it was made stands beside it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final

from router.ledger.engine import engine_of

OF_7400FC9: Final = Path(__file__).parents[1] / "ledger" / "data" / "ledger_of_7400fc9.sql.gz"


def load(url: str, dump: Path = OF_7400FC9) -> None:
    """Run the dump's statements, one per line, in the empty database of that URL."""
    engine = engine_of(url)
    connection = engine.raw_connection()
    try:
        for statement in gzip.decompress(dump.read_bytes()).decode().splitlines():
            connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()
        engine.dispose()
