"""Erasure of contacts for privacy (GDPR), as HubSpot or `router forget` asks for it."""

from __future__ import annotations

import structlog

from router import time_slice
from router.clock import Clock
from router.ledger import Ledger
from router.store.store import Store
from router.timestamps import epoch_ms


def erase_contacts(*, store: Store, ledger: Ledger, clock: Clock, log: structlog.stdlib.BoundLogger) -> int:
    """Erase the contacts that were asked for from ledger and Redis; their number. Safe to repeat.

    Contacts that were merged with them are the same person, and are erased with them.
    The ledger goes first: an id leaves the list of erasures only when nothing is left of it. Shares are sums
    over reps and stay as they are. What does not fit in the time slice stays asked for.
    """
    asked_for = _with_merged(store, ledger)
    ready = store.erasures.forget_companies(asked_for) if asked_for else ()
    if ready:
        store.erasures.note_erased(ready, now_ms=epoch_ms(clock()))
    erased = 0
    for contact_id in ready:
        ledger.erase(contact_id)
        store.notices.forget(contact_id)
        store.night_plan.forget(contact_id)
        store.erasures.erase(contact_id)
        ledger.erase(contact_id)  # a line recorded from the outbox meanwhile; `record` drops later ones
        log.info("contact.erased")  # not its id: that would be a trace
        erased += 1
        if time_slice.is_over():
            break
    if erased:
        store.erasures.forget_journal()
    return erased


def _with_merged(store: Store, ledger: Ledger) -> tuple[str, ...]:
    """The contacts to erase; every other id of the same person is asked for, too, before any is erased."""
    asked_for = store.erasures.asked_for()
    others = {other for one in asked_for for other in ledger.merges.same_person(one)} - set(asked_for)
    for other in others:
        store.erasures.ask(other)
    return (*asked_for, *sorted(others))
