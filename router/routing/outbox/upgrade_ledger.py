"""Rewriting the ledger's old rows for its newest schema, while everything else goes on."""

from __future__ import annotations

from router.ledger.rewriting.rewrites import Bite
from router.routing.portal.services import Services


def rewrite_old_rows(services: Services) -> Bite | None:
    """Rewrite up to 1,000 rows, for 2 s at most; None if no row is left.

    Safe to repeat, and to kill. Raises `sqlalchemy.exc.SQLAlchemyError`; then the rows are as they were.
    """
    bite = services.ledger.rewrites.bite()
    if bite is not None:
        services.log.info(
            "ledger.rows_rewritten",
            name=bite.name,
            rows=bite.rows,
            took_s=bite.took_s,
            more=services.ledger.rewrites.pending(),
        )
    return bite
