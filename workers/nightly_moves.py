"""The stages of a night that move leads: plan, hold or move, wait until they have arrived, and report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from msgspec.structs import replace

from router import time_slice
from router.hubspot.api.errors import ComeBackLater, Unreachable
from router.plain import as_plain
from router.policy.reports.night_report import Brake, NightReport
from router.routing.night import sweep
from router.routing.night.announce import announce
from router.routing.night.brake import brake
from router.routing.night.night_context import NightContext, away_without_end, night_context
from router.routing.night.outcome import is_settled, outcomes
from router.routing.night.outcome import move as move_leads
from router.routing.portal.services import Services
from router.store.worklists.night_plan import PlanAwaitingApproval, Planned
from router.store.worklists.nights import NightRun
from workers import process

MOVED_AT_A_TIME: Final = 300
HELD_KEPT: Final = 1_000
"""Leads of a held plan that the ledger keeps each night; the plan itself has all of them."""
SETTLED_WITHIN: Final = timedelta(minutes=30)
"""Leads that have not arrived by then are reported as still on their way."""


def run_of(day: str) -> str:
    """The ledger's name for the night of a local date."""
    return f"night {day}"


def plan(services: Services, night: NightRun) -> NightRun:
    """Plan some more leads; once all are planned, they move, unless the brake holds them."""
    if night.sweep is None:
        services.store.night_plan.begin()
    if not sweep.moves_anything(services):
        return replace(night, stage="drift")
    if night.sweep is None:
        before = services.store.nights.before(date.fromisoformat(night.day))
        since = away_without_end(
            before=before.away_since if before else {},
            rules=services.rules,
            people=services.people,
            clock=services.clock,
        )
        night = replace(night, sweep=as_plain(sweep.Sweeping(run_of(night.day))), away_since=since)
    context = night_context(
        away_since=night.away_since,
        hubspot=services.hubspot,
        rules=services.rules,
        people=services.people,
        clock=services.clock,
    )
    began = sweeping = sweep.Sweeping(**(night.sweep or {}))
    while sweeping.reason:
        try:
            sweeping, planned = sweep.plan_some(
                services, context, sweeping, already=services.store.night_plan.of
            )
        except (ComeBackLater, Unreachable):
            if sweeping is began:
                raise
            break  # what is planned so far is kept, and the rest waits for HubSpot
        services.store.night_plan.add(planned)
        if time_slice.is_over() or process.stopping():
            break
    night = replace(night, sweep=as_plain(sweeping))
    return night if sweeping.reason else _held_or_moved(services, night, context)


def _held_or_moved(services: Services, night: NightRun, context: NightContext) -> NightRun:
    planned = services.store.night_plan.all()
    moves = len(planned)
    now_open, held = brake(moves, context, hubspot=services.hubspot)
    if held is None:
        return replace(night, stage="move" if moves else "drift")
    services.store.night_plan.hold(
        PlanAwaitingApproval(night.day, digest(planned), held.by, moves, held.limit, now_open)
    )
    services.log.warning("night.held", day=night.day, **as_plain(held))
    return replace(night, stage="drift", brake=as_plain(held))


def digest(planned: list[Planned]) -> str:
    """A short name of a plan: it differs for other leads, and for the same leads with other owners."""
    lines = "\n".join(f"{one.contact_id} {one.episode} {one.owner_id}" for one in planned)
    return sha256(lines.encode()).hexdigest()[:12]


def move(services: Services, night: NightRun) -> NightRun:
    """Reassign some more leads of the plan, if they are still as planned."""
    ahead = [one for one in services.store.night_plan.all() if one.place >= night.moved_to]
    some = ahead[:MOVED_AT_A_TIME]
    left = sweep.why_left(
        services,
        night_context(
            away_since=night.away_since,
            hubspot=services.hubspot,
            rules=services.rules,
            people=services.people,
            clock=services.clock,
        ),
        some,
    )
    services.store.night_plan.leave(left)
    moving = [one for one in some if one.contact_id not in left]
    move_leads(
        services, moving, run=run_of(night.day)
    )  # a lead that is on its way already, after a kill, stays on it
    settle_by = (services.clock() + SETTLED_WITHIN).isoformat()
    if len(ahead) > len(some):
        return replace(night, moved_to=some[-1].place + 1, settle_by=settle_by)
    return replace(night, stage="settle", settle_by=settle_by)


def settle(services: Services, night: NightRun) -> NightRun:
    """Wait until the moving leads have arrived, or until the time for that is over; then go on."""
    late = services.clock() >= datetime.fromisoformat(night.settle_by)
    if not late and not is_settled(services.store.night_plan.all(), store=services.store):
        return night
    return replace(night, stage="report" if night.brake else "drift")


def report(services: Services, night: NightRun) -> NightRun:
    """Keep the night's report in the ledger and announce it."""
    brake = Brake(**night.brake) if night.brake else None
    swept: Mapping[str, Any] = night.sweep or {}
    held = brake is not None and brake.holds
    moves = (
        outcomes(
            services.store.night_plan.all(),
            held=held,
            store=services.store,
            rules=services.rules,
            people=services.people,
        )
        if swept
        else ()
    )
    result = NightReport(
        day=night.day,
        began_at=night.began_at,
        ended_at=services.clock().isoformat(),
        found=night.found,
        repaired=night.repaired,
        looked_at=swept.get("looked_at", 0),
        stayed=swept.get("stayed", {}),
        drifted=tuple(night.drifted),
        brake=brake,
    ).with_moves(moves)
    earlier = services.ledger.nights.of(date.fromisoformat(night.day))
    if earlier is not None and earlier.began_at != result.began_at:
        # Redis was emptied since, and the night ran again: what it moved before still happened.
        again = {one.contact_id for one in result.moves}
        result = result.with_moves(
            [*(one for one in earlier.moves if one.contact_id not in again), *result.moves]
        )
    if held:
        result = replace(result, moves=result.moves[:HELD_KEPT])
    services.ledger.nights.keep(result)
    services.log.info("night.reported", day=night.day, outcomes=result.outcomes)
    announce(result, rules=services.rules, notify=services.notify, log=services.log, portal=services.portal)
    return replace(night, stage="")
