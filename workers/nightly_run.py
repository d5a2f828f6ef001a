"""Tonight's run, stage by stage and step by step, once per local date.

A missed run is caught up. One process at a time takes a step; each step ends with its time slice and stores
what the next one has to know, so a run that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from router import time_slice
from router.bootstrap import ProcessContext
from router.deadlines import STUCK
from router.hubspot.api.errors import AccessDenied, NotFound, Refused
from router.policy.rules import night_settings as policy_night
from router.routing.followup.follow import follow_up_step
from router.routing.night.ownerless import find_ownerless
from router.routing.portal.services import Services
from router.routing.recovery.drift import check_drift
from router.routing.recovery.reconcile import reconcile_contacts
from router.routing.recovery.repair import repair
from router.routing.reports.weights import refresh_weights
from router.store.worklists.nights import NightRun
from workers import nightly_moves, process
from workers.reconciling import since_when

LOOKED_AT_LATELY: Final = timedelta(hours=12)
"""A lead that was followed within this time is not looked at again tonight."""


def is_due(services: Services) -> bool:
    """True while the run of the present local date has to be started or continued."""
    day = _day(services)
    if day is None:
        return False
    night = services.store.nights.of(day)
    return night is None or bool(night.stage)


def take_steps(context: ProcessContext) -> int:
    """Take steps until the run ends, has to wait, or the time slice is over; the number of contacts found."""
    services, found = context.services, 0
    while is_due(services):
        before, had = _present(services), found
        found += take_step(context)
        stands_still = _present(services) == before and found == had
        if stands_still or time_slice.is_over() or process.stopping():
            break
    return found


def take_step(context: ProcessContext) -> int:
    """Start today's run, or take its next step; the number of unannounced contacts found.

    The date is local. Does nothing while another process takes a step.
    """
    services = context.services
    with services.store.nights.lock() as ours:
        day = _day(services) if ours else None
        if day is None:
            return 0
        since = since_when(context)
        if services.store.nights.begin(day, since=since, stage=next(iter(STAGES)), now=services.clock()):
            services.log.info("night.began", day=day.isoformat(), since=since.isoformat())
            services.store.inbox.forget_idle_consumers()
        night = services.store.nights.of(day)
        if night is None or not night.stage:
            return 0
        after = STAGES[night.stage](services, night)
        if not after.stage:
            after = replace(after, done_at=services.clock().isoformat())
            services.log.info("night.ended", day=day.isoformat(), found=after.found)
        services.store.nights.put(day, after)
        return after.found - night.found


def _present(services: Services) -> NightRun | None:
    day = _day(services)
    return services.store.nights.of(day) if day else None


def _reconcile(services: Services, night: NightRun) -> NightRun:
    """Look through some more of the new contacts that have no owner."""
    step = reconcile_contacts(
        since=datetime.fromisoformat(night.since),
        after_id=night.after_id,
        hubspot=services.hubspot,
        store=services.store,
        clock=services.clock,
    )
    night = replace(night, found=night.found + step.found, after_id=step.after_id or night.after_id)
    return night if step.after_id else _next(night)


def _repair(services: Services, night: NightRun) -> NightRun:
    """Compare some more of the recently decided leads with their records."""
    until = services.clock() - STUCK
    since = datetime.fromisoformat(night.since)
    step = repair(services, since=since, until=until, after=night.compared_to)
    repaired = night.repaired + step.written_anew
    night = replace(night, compared_to=step.after, repaired=repaired)
    return night if step.after else _next(night)


def _follow_up(services: Services, night: NightRun) -> NightRun:
    """Follow some more of the assigned leads: changes without a webhook reach the ledger now."""
    if not services.rules.live:
        return _next(night)
    try:
        before = services.clock() - LOOKED_AT_LATELY
        step = follow_up_step(services, before=before, after=night.followed_to)
    except (NotFound, Refused) as error:
        # A property that the portal does not give us must not keep overdue leads from being moved.
        services.log.warning("follow_up.unknown", why=str(error))
        return _next(night)
    night = replace(night, followed_to=step.after)
    return night if step.after else _next(night)


def _ownerless(services: Services, night: NightRun) -> NightRun:
    """Look through some more of the changed leads without owner, if the rules say what becomes of them."""
    live = services.rules.live
    if live is None or live.mode == "shadow" or live.owner_cleared == "leave":
        return _next(night)
    try:
        since = datetime.fromisoformat(night.since)
        step = find_ownerless(services, since=since, after_id=night.ownerless_to)
    except Refused as error:
        # Before `router setup` the portal has no decisions of ours; the rest of the night needs none.
        services.log.warning("ownerless.unknown", why=str(error))
        return _next(night)
    night = replace(night, ownerless_to=step.after_id or night.ownerless_to)
    return night if step.after_id else _next(night)


def _drift(services: Services, night: NightRun) -> NightRun:
    """Compare the rules with the portal, if HubSpot lets us read its properties."""
    try:
        drifted = check_drift(services)
        if drifted is None:
            return night
        night = replace(night, drifted=drifted)
    except (AccessDenied, NotFound, Refused) as error:
        # Comparing is a service to the operators: an error in it must not keep the night from ending.
        services.log.warning("drift.unknown", why=str(error))
    return _next(night)


def _weights(services: Services, night: NightRun) -> NightRun:
    """Update the weights of teams that share by performance, from the outcomes of their leads."""
    if services.rules.live:
        refresh_weights(services)
    return _next(night)


STAGES: Final[Mapping[str, Callable[[Services, NightRun], NightRun]]] = {
    "reconcile": _reconcile,
    "repair": _repair,
    "follow_up": _follow_up,
    "ownerless": _ownerless,
    "plan": nightly_moves.plan,
    "move": nightly_moves.move,
    "settle": nightly_moves.settle,
    "drift": _drift,
    "weights": _weights,
    "report": nightly_moves.report,
}
"""The stages of a night, in order. A stage takes one step, and names the next when finished."""


def _next(night: NightRun) -> NightRun:
    stages = [*STAGES, ""]
    return replace(night, stage=stages[stages.index(night.stage) + 1])


def _day(services: Services) -> date | None:
    """The local date whose run is due or unfinished; None while it is too early in the day.

    A run that began yesterday is finished first: a plan that was approved late, or a run whose process was
    down. Older runs are over.
    """
    live = services.rules.live
    zone = live.roster.timezone if live else ZoneInfo("UTC")
    rules = live.night if live else policy_night.NIGHT
    now = services.clock()
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    unfinished = services.store.nights.of(yesterday)
    if unfinished is not None and unfinished.stage:
        return yesterday
    return policy_night.begun_day(rules, timezone=zone, now=now)
