"""What has become of a decision since, by the ledger."""

from __future__ import annotations

from router.policy.shares.share_book import REFUNDED
from router.routing.portal.services import Services


def has_begun(services: Services, contact_id: str, decision_id: str) -> bool:
    """True once its rep has begun to work on the lead. Raises `sqlalchemy.exc.SQLAlchemyError`."""
    return any(
        row.decision_id == decision_id and row.first_response_at is not None
        for row in services.ledger.follow_ups.of_contact(contact_id)
    )


def was_refunded(services: Services, contact_id: str, decision_id: str) -> bool:
    """True if its cost was given back. Raises `sqlalchemy.exc.SQLAlchemyError`."""
    return any(
        event.decision_id == decision_id and event.kind in REFUNDED
        for event in services.ledger.events_of(contact_id)
    )
