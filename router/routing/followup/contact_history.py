"""The property histories of a contact: owner changes, signs of work, and the outcome of the lead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from msgspec import Struct

from router.hubspot.api.records import HistoryEntry
from router.hubspot.properties import DECISION_ID, LAST_CONTACTED, LAST_UPDATED, OWNER, STAGE, STATUS
from router.ledger.follow_ups import Seen
from router.policy.results.follow_up import FollowUp
from router.policy.results.outcomes import Outcomes, PropertyChange, outcome_of
from router.policy.results.work_signs import ANY_ACTIVITY, Activity, Signs, StatusMove, is_of_ours, started
from router.timestamps import from_epoch_ms

Histories: TypeAlias = Mapping[str, Sequence[HistoryEntry]]
"""Property → its values, newest first."""


def asked_of(outcomes: Outcomes) -> tuple[str, ...]:
    """The properties whose histories are needed to follow a lead."""
    return tuple(
        dict.fromkeys((OWNER, STATUS, DECISION_ID, STAGE, LAST_CONTACTED, LAST_UPDATED, *outcomes.properties))
    )


def now_in(histories: Histories, name: str) -> str:
    """The present value of the property; "" for none."""
    history = histories.get(name, ())
    return history[0].value if history else ""


class OwnerChange(Struct, frozen=True):
    """The present owner of a contact, since when, and who set it (HubSpot's source, no name)."""

    owner_id: str
    at: datetime | None
    by: str


def owner_in(histories: Histories) -> OwnerChange:
    """The present owner of the contact."""
    history = histories.get(OWNER, ())
    if not history:
        return OwnerChange("", None, "")
    newest = history[0]
    return OwnerChange(newest.value, newest.at, f"{newest.source_type} {newest.source_id}".strip())


def left_at(histories: Histories, follow_up: FollowUp) -> datetime | None:
    """The moment at which the lead left the follow-up's owner; None while that owner still has it."""
    left: datetime | None = None
    for one in histories.get(OWNER, ()):
        if one.value == follow_up.owner_id:
            break
        left = one.at
    return left


def is_as_it_was(follow_up: FollowUp, properties: Mapping[str, str], outcomes: Outcomes) -> bool:
    """True if the contact's present values show nothing new; then no history has to be read."""
    value = {name: properties.get(name) or "" for name in asked_of(outcomes)}
    if (value[OWNER], value[STATUS], value[STAGE]) != (
        follow_up.owner_id,
        follow_up.status or "",
        follow_up.stage or "",
    ):
        return False
    worked = [moment_in(value[LAST_CONTACTED]), moment_in(value[LAST_UPDATED])]
    if follow_up.first_response_at is None and any(at and at >= follow_up.assigned_at for at in worked):
        return False
    others = {**outcomes.won, **outcomes.lost}.keys() - {STATUS, STAGE}
    return not any(value[name] for name in others)


def seen_in(
    histories: Histories,
    follow_up: FollowUp,
    outcomes: Outcomes,
    *,
    until: datetime | None = None,
    started_when: frozenset[Activity] = ANY_ACTIVITY,
    tasks: Collection[datetime] = (),
) -> Seen:
    """What the histories show of a lead since its rep got it; entries after `until` are left out.

    `tasks` are the moments of tasks that Lead Router created, which are no work of the rep.
    """
    of_rep = {
        name: [one for one in history if until is None or one.at <= until]
        for name, history in histories.items()
    }
    since = follow_up.assigned_at
    work = started(_signs(of_rep, since=since, tasks=tasks), assigned_at=since, started_when=started_when)
    changes = {
        name: [PropertyChange(one.value, one.at) for one in history] for name, history in of_rep.items()
    }
    ended = outcome_of(changes, outcomes, assigned_at=since)
    return Seen(
        decision_id=follow_up.decision_id,
        status=now_in(of_rep, STATUS) or None,
        stage=now_in(of_rep, STAGE) or None,
        first_response_at=work.at if work else None,
        outcome=ended[0] if ended else None,
        outcome_at=ended[1] if ended else None,
    )


def _signs(histories: Histories, *, since: datetime, tasks: Collection[datetime]) -> Signs:
    """Signs of work. A contact has one date of its last activity; the history has the earlier dates too."""
    moves = (StatusMove(one.at, one.by_person) for one in histories.get(STATUS, ()))
    return Signs(
        last_contacted=_first(histories.get(LAST_CONTACTED, ()), since=since),
        last_updated=_first(histories.get(LAST_UPDATED, ()), since=since, tasks=tasks),
        status_moves=tuple(moves),
    )


def _first(
    history: Sequence[HistoryEntry], *, since: datetime, tasks: Collection[datetime] = ()
) -> datetime | None:
    moments = [moment for one in history if (moment := moment_in(one.value)) is not None and moment >= since]
    return min((moment for moment in moments if not is_of_ours(moment, tasks)), default=None)


def moment_in(text: str) -> datetime | None:
    """A moment that HubSpot wrote as ISO text or as epoch milliseconds; None if the text is neither."""
    try:
        if text.isdecimal():
            return from_epoch_ms(int(text))
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
