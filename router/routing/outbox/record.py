"""Recording the outbox's lines in the ledger, and looking up a lead's last decision there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from router.routing.outbox.notify import note
from router.routing.portal.services import Services
from router.store.shared.outbox import OutboxEntry


def record_outbox(services: Services, *, limit: int = 5_000) -> int:
    """Record up to `limit` lines; the number recorded. Safe to repeat: no line is recorded twice.

    Raises `sqlalchemy.exc.SQLAlchemyError` or `redis.RedisError`; then the rest stays in the outbox.
    """
    recorded = 0
    while recorded < limit:
        lines = services.store.outbox.lines()
        if not lines:
            break
        services.ledger.record(
            [line.text for line in lines if line.kind == "decision"],
            [(line.id, line.contact_id, line.record) for line in lines if line.kind == "event"],
        )
        note(services, lines)
        _drop_erased(services, lines)
        services.store.outbox.recorded(lines)
        recorded += len(lines)
    return recorded


def last_decision(services: Services, contact_id: str, *, episode: int) -> dict[str, Any] | None:
    """The record of the decision of that episode, from the ledger or else the outbox; None if unknown.

    Raises `sqlalchemy.exc.SQLAlchemyError` or `redis.RedisError`.
    """
    for _ in range(2):
        for found in reversed(services.ledger.decisions_of(contact_id)):
            if found["episode"] == episode:
                return dict(found)
        record_outbox(services)
    return None


def _drop_erased(services: Services, lines: Sequence[OutboxEntry]) -> None:
    """Erase again the contacts that were erased while these lines were recorded."""
    about = {line.contact_id for line in lines if line.contact_id}
    for contact_id in services.store.erasures.erased_lately(about, now_ms=services.now_ms()):
        services.ledger.erase(contact_id)
        services.store.notices.forget(contact_id)
