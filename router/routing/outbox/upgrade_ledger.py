"""Rewriting the ledger's old rows for its newest schema, while everything else goes on."""

from __future__ import annotations

import structlog

from router.ledger import Ledger
from router.ledger.rewriting.rewrites import Rewritten


def rewrite_old_rows(*, ledger: Ledger, log: structlog.stdlib.BoundLogger) -> Rewritten | None:
    """Rewrite up to 1,000 rows, for 2 s at most; None if no row is left.

    Safe to repeat, and to kill. Raises `sqlalchemy.exc.SQLAlchemyError`; then the rows are as they were.
    """
    rewritten = ledger.rewrites.rewrite_some()
    if rewritten is not None:
        log.info(
            "ledger.rows_rewritten",
            name=rewritten.name,
            rows=rewritten.rows,
            took_s=rewritten.took_s,
            more=ledger.rewrites.pending(),
        )
    return rewritten
