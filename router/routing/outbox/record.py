"""Carry what happened from the outbox into the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from router.routing.outbox.notify import note
from router.routing.portal.services import Desk
from router.store.shared.outbox import OutboxEntry


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
        _drop_erased(desk, lines)
        desk.outbox.recorded(lines)
        recorded += len(lines)
    return recorded


def _drop_erased(desk: Desk, lines: Sequence[OutboxEntry]) -> None:
    """Whoever was erased while we carried these lines has left a trace by now."""
    about = {line.contact_id for line in lines if line.contact_id}
    for contact_id in desk.erasures.erased_lately(about, now_ms=desk.now_ms()):
        desk.ledger.erase(contact_id)
        desk.notices.forget(contact_id)
