"""Reconciliation every 15 minutes: contacts created since the last look and never announced are routed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from router.bootstrap import ProcessContext
from router.ledger import LEDGER_ERRORS
from router.routing.intake.restore import clean_old_book, make_whole
from router.routing.portal.services import Services
from router.routing.recovery import lost_writes
from router.routing.recovery.lost_writes import find_lost_writes
from router.routing.recovery.reconcile import reconcile_contacts
from router.routing.recovery.repair import repair
from router.store.repair.reconciled import Window
from router.store.repair.restoration import Rebuild

OVERLAP: Final = timedelta(minutes=45)
"""Windows overlap: HubSpot's search may show a contact late, and gets three more chances."""
GRACE: Final = timedelta(minutes=1)
"""The webhook of a younger contact may still be on its way."""


def look_back(context: ProcessContext) -> int:
    """One step through the window since the last look; contacts that joined the low-priority stream.

    If no contact was missed, that takes one search. After an outage of any length the window reaches back to
    its beginning, at most as far as the nights do. An unfinished window goes on where it was. In a Redis that
    was emptied, shares, states and queues come first: then nothing is decided twice.
    """
    services = context.services
    make_whole(services)
    clean_old_book(services)  # a process of the old version may have gone on for a moment
    find_lost_writes(services)
    rebuild = services.store.restoration.rebuild()
    if rebuild is not None:
        return _rebuild(context, rebuild)
    window = services.store.reconciled.open_window() or _next_window(context)
    step = reconcile_contacts(
        since=datetime.fromisoformat(window.since),
        until=datetime.fromisoformat(window.until),
        after_id=window.after_id,
        hubspot=services.hubspot,
        store=services.store,
        clock=services.clock,
    )
    if step.after_id is None:
        services.store.reconciled.close(window)
    else:
        services.store.reconciled.put(replace(window, after_id=step.after_id))
    if step.found:
        services.store.reconciled.note_missed(step.found)
        services.log.info("contacts.found", found=step.found, since=window.since, until=window.until)
    return step.found


def is_unfinished(services: Services) -> bool:
    """True if a window was begun and not finished, or Redis was emptied."""
    return (
        services.store.reconciled.open_window() is not None
        or services.store.restoration.rebuild() is not None
        or lost_writes.is_due(services)
        or not services.store.restoration.is_whole()
    )


def _rebuild(context: ProcessContext, rebuild: Rebuild) -> int:
    step = repair(
        context.services,
        since=datetime.fromisoformat(rebuild.since),
        until=datetime.fromisoformat(rebuild.until),
        after=rebuild.after,
    )
    if step.after:
        context.services.store.restoration.put(replace(rebuild, after=step.after))
    else:
        context.services.store.restoration.close()
        # The inbox was lost, with leads announced this very minute or earlier: look at once.
        context.services.store.reconciled.put(_next_window(context, grace=timedelta(0)))
    context.services.log.info("leads.remembered", leads=step.remembered, compared=step.compared)
    return step.remembered


def since_when(context: ProcessContext) -> datetime:
    """The moment back to which a night looks; contacts created before the installation are not ours.

    The ledger remembers when that was, in case Redis was emptied.
    """
    services = context.services
    now = services.clock()
    try:
        began = services.ledger.revisions.began()
    except LEDGER_ERRORS:
        if not services.store.restoration.is_whole():
            raise
        began = None  # Redis was not emptied, and remembers the installation itself
    born = min(services.store.nights.born(now), began or now)
    return max(now - context.look_back, born)


def _next_window(context: ProcessContext, *, grace: timedelta = GRACE) -> Window:
    since, until = since_when(context), context.services.clock() - grace
    last = context.services.store.reconciled.until()
    if last is not None:
        since = max(since, datetime.fromisoformat(last) - OVERLAP)
    return Window(since.isoformat(), until.isoformat())
