"""Reps have no active HubSpot owner, get an unfair share, or are not told of their leads."""

from __future__ import annotations

from router.store.health.conditions.condition import WAITS_S, Sentences, condition
from router.store.health.progress import OWNERS
from router.store.health.reading import VitalsReading


@condition(
    "failing",
    when="no rep of the rules has an active HubSpot owner",
    command="router check; correct team.yaml",
)
def owners_archived(seen: VitalsReading) -> Sentences:
    found = seen.newest(OWNERS)
    if found is not None and found.facts["reps"] and not found.facts["active"]:
        reps = found.facts["reps"]
        yield f"None of the {reps} reps has an active HubSpot owner, so no lead can be assigned."


@condition(
    "degraded",
    when="no rep of a team has an active HubSpot owner",
    command="router orphans; correct team.yaml",
)
def team_without_owner(seen: VitalsReading) -> Sentences:
    found = seen.newest(OWNERS)
    if found is not None and found.facts["active"] and found.facts["empty_teams"]:
        yield f"Nobody with an active HubSpot owner is left in: {found.facts['empty_teams']}."


@condition(
    "degraded",
    when="a rep is further from the fair share than the team promises",
    command="router fairness",
)
def unfair(seen: VitalsReading) -> Sentences:
    for one in seen.furthest:
        if one.bound is not None and abs(one.difference) > one.bound:
            side = "ahead of" if one.difference > 0 else "behind"
            yield (
                f"{one.rep} is {abs(one.difference):.1f} {one.unit} {side} the fair share of {one.team}, "
                f"more than {one.bound:g}. See: router fairness --team {one.team}"
            )


@condition(
    "degraded",
    when="a notice to a rep failed and is tried again, is late, or was given up",
    command="router notify",
)
def notices_failing(seen: VitalsReading) -> Sentences:
    if seen.notices_parked:
        yield f"{seen.notices_parked} notices to reps were given up after a day. See: router notify"
    if seen.notices_put_off:
        yield f"{seen.notices_put_off} notices to reps could not be delivered and are tried again."
    if seen.notices_late_s > WAITS_S:
        yield f"The oldest notice to a rep is {seen.notices_late_s / 60:.0f} min late."
