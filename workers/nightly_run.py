"""Tonight's run: stage after stage, step by step, once per local date, caught up when it was missed.

One process at a time takes a step; each step ends within a minute and leaves behind what the next one has
to know, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from router.bootstrap import Office
from router.hubspot.api.errors import AccessDenied, NotFound, Refused
from router.policy.rules import night_settings as policy_night
from router.routing.followup.follow import follow_up_step
from router.routing.recovery.drift import check_drift
from router.routing.recovery.reconcile import STUCK_AFTER
from router.routing.recovery.reconcile import reconcile as look_through
from router.routing.recovery.repair import repair
from router.routing.reports.weights import refresh_weights
from router.store.worklists.nights import NightRun
from workers import nightly_moves, process
from workers.reconciling import since_when

STEPS_S: Final = 3.0
"""What else this process looks after, such as owners' histories, must not wait for the whole night."""
LOOKED_AT_LATELY: Final = timedelta(hours=12)
"""A lead that was followed within this time is not looked at again tonight."""


def is_due(office: Office) -> bool:
    """True while the run of the present local date has to be started or continued."""
    day = _day(office)
    if day is None:
        return False
    night = office.nights.of(day)
    return night is None or bool(night.stage)


def take_steps(office: Office) -> int:
    """Take steps until the run is over, has to wait, or a few seconds are; how many contacts it found."""
    ends_at, found = time.monotonic() + STEPS_S, 0
    while is_due(office):
        before, had = _present(office), found
        found += take_step(office)
        stands_still = _present(office) == before and found == had
        if stands_still or time.monotonic() >= ends_at or process.stopping():
            break
    return found


def take_step(office: Office) -> int:
    """Start the run of the present local date, or take its next step; how many unannounced contacts it found.

    Does nothing while another process is at a step.
    """
    with office.nights.lock() as ours:
        day = _day(office) if ours else None
        if day is None:
            return 0
        since = since_when(office)
        if office.nights.begin(day, since=since, stage=next(iter(STAGES)), now=office.desk.clock()):
            office.desk.log.info("night.began", day=day.isoformat(), since=since.isoformat())
            office.desk.inbox.forget_idle_consumers()
        night = office.nights.of(day)
        if night is None or not night.stage:
            return 0
        after = STAGES[night.stage](office, night)
        if not after.stage:
            after = replace(after, done_at=office.desk.clock().isoformat())
            office.desk.log.info("night.ended", day=day.isoformat(), found=after.found)
        office.nights.put(day, after)
        return after.found - night.found


def _present(office: Office) -> NightRun | None:
    day = _day(office)
    return office.nights.of(day) if day else None


def _reconcile(office: Office, night: NightRun) -> NightRun:
    """Look through some more of the new contacts that have no owner."""
    step = look_through(office.desk, since=datetime.fromisoformat(night.since), after_id=night.after_id)
    night = replace(night, found=night.found + step.found, after_id=step.after_id or night.after_id)
    return night if step.after_id else _next(night)


def _repair(office: Office, night: NightRun) -> NightRun:
    """Compare some more of the leads that were decided lately with their records."""
    until = office.desk.clock() - STUCK_AFTER
    since = datetime.fromisoformat(night.since)
    step = repair(office.desk, since=since, until=until, after=night.compared_to)
    repaired = night.repaired + step.written_anew
    night = replace(night, compared_to=step.after, repaired=repaired)
    return night if step.after else _next(night)


def _follow_up(office: Office, night: NightRun) -> NightRun:
    """Look at some more of the leads that reps were given: what no webhook told comes to the ledger now."""
    if not office.desk.rules.live:
        return _next(night)
    try:
        looked_at = follow_up_step(office.desk, before=office.desk.clock() - LOOKED_AT_LATELY)
    except (NotFound, Refused) as error:
        # A property that the portal does not tell us must not keep overdue leads from being moved.
        office.desk.log.warning("follow_up.unknown", why=str(error))
        return _next(night)
    return night if looked_at else _next(night)


def _drift(office: Office, night: NightRun) -> NightRun:
    """Compare the rules with the portal, if HubSpot lets us look at its properties."""
    try:
        night = replace(night, drifted=check_drift(office.desk))
    except (AccessDenied, NotFound, Refused) as error:
        # Comparing is a service to the operators: what forbids it must not keep the night from ending.
        office.desk.log.warning("drift.unknown", why=str(error))
    return _next(night)


def _weights(office: Office, night: NightRun) -> NightRun:
    """Take the weights of teams that go by results from what their leads came to."""
    if office.desk.rules.live:
        refresh_weights(office.desk)
    return _next(night)


STAGES: Final[Mapping[str, Callable[[Office, NightRun], NightRun]]] = {
    "reconcile": _reconcile,
    "repair": _repair,
    "follow_up": _follow_up,
    "plan": nightly_moves.plan,
    "move": nightly_moves.move,
    "settle": nightly_moves.settle,
    "drift": _drift,
    "weights": _weights,
    "report": nightly_moves.report,
}
"""What a night does, in this order. A stage takes one step, and names the next stage once it is through."""


def _next(night: NightRun) -> NightRun:
    stages = [*STAGES, ""]
    return replace(night, stage=stages[stages.index(night.stage) + 1])


def _day(office: Office) -> date | None:
    """The local date whose run should have begun, or goes on; None while it is too early in the day.

    What was begun yesterday is brought to its end first: a plan that was approved late, or a run that was
    down. The day before that is over.
    """
    live = office.desk.rules.live
    zone = live[0].roster.timezone if live else ZoneInfo("UTC")
    rules = live[0].night if live else policy_night.NIGHT
    now = office.desk.clock()
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    unfinished = office.nights.of(yesterday)
    if unfinished is not None and unfinished.stage:
        return yesterday
    return policy_night.begun_day(rules, timezone=zone, now=now)
