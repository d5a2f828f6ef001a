"""Carry what happened from the outbox into the ledger."""

from __future__ import annotations

from router.routing.desk import Desk
from router.routing.notify import note


def record(desk: Desk, *, limit: int = 5_000) -> int:
    """Record up to `limit` lines; how many. Safe to repeat: a line that is there already is not doubled.

    Raises `sqlalchemy.exc.SQLAlchemyError` or `redis.RedisError`; then the rest stays in the outbox.
    """
    recorded = 0
    while recorded < limit:
        lines = desk.outbox.lines()
        if not lines:
            break
        desk.ledger.record(
            [line.record for line in lines if line.kind == "decision"],
            [(line.id, line.contact_id, line.record) for line in lines if line.kind == "event"],
        )
        note(desk, lines)
        desk.outbox.recorded(lines)
        recorded += len(lines)
    return recorded
