"""Tonight's run: step by step, once per local date, caught up when it was missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from router.bootstrap import Office
from router.hubspot.errors import AccessDenied, NotFound, Refused
from router.routing.drift import check_drift
from router.routing.reconcile import LOOK_BACK, reconcile

STARTS_AT: Final = time(2, 30)
"""Local time of the roster; no clock change skips or repeats the comparison with it."""


def is_due(office: Office) -> bool:
    """True while the run of the present local date has to be started or continued."""
    day = _day(office)
    if day is None:
        return False
    night = office.nights.of(day)
    return night is None or night.done_at is None


def take_step(office: Office) -> int:
    """Start or continue the run of the present local date; how many unannounced contacts this step found."""
    day = _day(office)
    if day is None:
        return 0
    now = office.desk.clock()
    # What was created before we were here was never ours to give.
    since = max(now - LOOK_BACK, office.nights.born(now))
    if office.nights.begin(day, since=since):
        office.desk.log.info("night.began", day=day.isoformat(), since=since.isoformat())
        office.desk.inbox.forget_idle_consumers()
    night = office.nights.of(day)
    if night is None or night.done_at is not None:
        return 0
    if night.looked_through:
        drifted = _look_for_drift(office)
        office.nights.put(day, replace(night, done_at=now.isoformat()))
        office.desk.log.info("night.ended", day=day.isoformat(), found=night.found, drifted=drifted)
        return 0
    step = reconcile(office.desk, since=datetime.fromisoformat(night.since), after_id=night.after_id)
    night = replace(
        night,
        found=night.found + step.found,
        after_id=step.after_id or night.after_id,
        looked_through=step.after_id is None,
    )
    office.nights.put(day, night)
    return step.found


def _look_for_drift(office: Office) -> int | None:
    """How many changes of the portal touch a rule; None if HubSpot does not let us look at its properties."""
    try:
        return len(check_drift(office.desk))
    except (AccessDenied, NotFound, Refused) as error:
        # Comparing is a service to the operators: what forbids it must not keep the night from ending.
        office.desk.log.warning("drift.unknown", why=str(error))
        return None


def _day(office: Office) -> date | None:
    """The local date whose run should have begun, or None while it is too early in the day."""
    live = office.desk.rules.live
    zone = live[0].roster.timezone if live else ZoneInfo("UTC")
    local = office.desk.clock().astimezone(UTC).astimezone(zone)
    return local.date() if local.time() >= STARTS_AT else None
