"""Erasure of contacts for privacy (GDPR), as HubSpot or `router forget` asks for it."""

from __future__ import annotations

from router.routing.portal.services import Services


def erase_contacts(services: Services) -> int:
    """Erase every contact that was asked for from ledger and Redis; their number. Safe to repeat.

    The ledger goes first: an id leaves the list of erasures only when nothing is left of it. Shares are sums
    over reps and stay as they are.
    """
    asked_for = services.store.erasures.asked_for()
    if asked_for:
        services.store.erasures.forget_companies(asked_for)
        services.store.erasures.note_erased(asked_for, now_ms=services.now_ms())
    for contact_id in asked_for:
        services.ledger.erase(contact_id)
        services.store.notices.forget(contact_id)
        services.store.night_plan.forget(contact_id)
        services.store.erasures.erase(contact_id)
        services.ledger.erase(
            contact_id
        )  # a line recorded from the outbox meanwhile; `record` drops later ones
        services.log.info("contact.erased")  # not its id: that would be a trace
    if asked_for:
        services.store.erasures.forget_journal()
    return len(asked_for)
