"""The record of a lead's last decision, from the ledger or from the outbox on its way there."""

from __future__ import annotations

from typing import Any

from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services


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
