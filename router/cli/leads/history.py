"""The history of a lead: each decision, event and result, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from router.ledger.ledger import LedgerEvent
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.decision.trigger import Claimed, Pushed, Reassigned, Released, Revised
from router.policy.decision.triggered.revision import is_kept
from router.policy.results.follow_up import FollowUp

EVENTS: Final[Mapping[str, str]] = {
    "written": "written to HubSpot",
    "owned_already": "had an owner when we first looked, so it was left alone",
    "taken_by_a_person": "a person chose an owner before our write; theirs stands",
    "changed_by_a_person": "a person chose an owner after our write; theirs stands",
    "owner_changed": "a person changed the owner; theirs stands",
    "restored": "our write had covered a person's choice; theirs was given back",
    "restored_late": "a late write of ours had covered a person's choice; theirs was given back",
    "written_again": "an earlier decision of ours was applied late; the later one is written again",
    "not_found": "HubSpot did not find the contact; it is looked for again",
    "unrecorded": "its decision was lost with Redis and found on the record; its owner is verified",
    "owner_refused": "HubSpot refused the owner; another one is chosen",
    "gone": "HubSpot has no such contact any more",
    "deleted": "HubSpot has no such contact any more",
    "moved": "its contact was merged, and the lead goes on under the id that is left",
    "merged": "its contact was merged into another one",
    "merged_from": "another contact was merged into it",
    "shadowed": "decided in shadow mode, so nothing was written",
    "parked": "parked: it needs a person",
    "notified": "the rep was told",
    "notified refused": "the rep could not be told: it was refused, and is not tried again",
    "notified given_up": "the rep could not be told within a day",
    "overdue": "overdue: nobody had worked on it",
    "write_lost": "its write to HubSpot was lost, so it is written anew",
    "parked_by_outage": "parked while no other lead was written either: it goes on by itself",
    "redriven": "sent again by a person",
    "resumed": "sent again by itself, to see whether HubSpot takes it now",
    "reopened": "nobody claimed it in time, or somebody is eligible by now: it is decided once more",
    "reassigning": "to be taken from its owner and decided once more",
    "not_reassigned": "somebody else owned it by then, so it was left alone",
    "revising": "facts came or changed, and nobody has begun: it is decided once more",
    "refreshed": "its facts changed and its place did not: score and reason are written anew",
    "not_revised": "its facts changed, and it stays all the same",
    "claimed_in_hubspot": "somebody became its owner in HubSpot, so it left the queue",
}
"""The ledger's events in words, some by kind and outcome. Others are shown by their name, never left out."""
SAID_ALREADY: Final = frozenset({"decision"})


class Happening(Struct, frozen=True):
    """One line of the history, at a moment (ISO, UTC).

    `kind` is that of the event, or `decided`, `responded`, `won`, `lost`. `detail` is for machines: of a
    decision `from`, `to`, `why` and `run`, as far as they exist, and of an event all that it contains.
    """

    at: str
    kind: str
    what: str
    decision_id: str | None
    detail: Mapping[str, Any]


def history_of(
    decisions: Sequence[Decision],
    events: Iterable[LedgerEvent],
    follow_ups: Iterable[FollowUp],
    *,
    names: Mapping[str, str],
) -> tuple[Happening, ...]:
    """Everything that happened, first to last; `names` are the names of owners by id."""
    lines = [
        _decided(one, decisions[place - 1] if place else None, names) for place, one in enumerate(decisions)
    ]
    lines += [_event(event, names) for event in events]
    lines += [line for one in follow_ups for line in _followed_up(one, names)]
    # Events of the same instant stay in the order of cause: decided, then written, then answered.
    return tuple(sorted(lines, key=lambda line: datetime.fromisoformat(line.at)))


def outcome_in_words(decision: Decision) -> str:
    """The outcome and the present owner, in a few words."""
    match decision.outcome:
        case Assigned(rep, owner_id, team):
            of_team = f" of team {team}" if team else ""
            return f"assigned to {rep or 'the account owner'}{of_team} (owner {owner_id})"
        case Queued(team, why):
            return f"waits in the queue of {team}" + (f" ({why})" if why else "")
        case Nurtured(_, workflow):
            return "left to marketing" + (f" ({workflow})" if workflow else "")
        case LeftAlone():
            return "left alone, as the rule says"


def _decided(decision: Decision, before: Decision | None, names: Mapping[str, str]) -> Happening:
    trigger = decision.inputs.trigger if decision.inputs else None
    went_to = outcome_in_words(decision)
    detail: dict[str, Any] = {"from": _holder(before, names), "to": _holder(decision, names)}
    match trigger:
        case Claimed(rep, team):
            what = f"{rep} claimed it from the queue of {team}"
        case Released(rep, team, why, _):
            what = f"{rep} gave it back to the queue of {team}: {why}"
            detail |= {"from": rep, "why": why}
        case Pushed():
            what = f"nobody claimed it in time: {went_to}"
        case Reassigned(owner_id, rep, why, run):
            taken_from = rep or names.get(owner_id) or (f"owner {owner_id}" if owner_id else "nobody")
            what = f"taken from {taken_from} because {why} ({run}): {went_to}"
            detail |= {"from": taken_from, "why": why, "run": run}
        case Revised(facts=facts):
            why = f"now known: {', '.join(facts)}" if facts else "its facts have changed"
            stays = f"{_holder(decision, names)} keeps it, by {decision.rule}"
            what = f"{why}: {stays if is_kept(decision) else went_to}"
            detail |= {"why": why}
        case None:
            what = f"decided{_wait_before(decision)}: {went_to}"
    kept = {name: value for name, value in detail.items() if value is not None}
    return Happening(decision.decided_at.isoformat(), "decided", what, decision.id, kept)


def _wait_before(decision: Decision) -> str:
    settled = decision.inputs.settled if decision.inputs else None
    if settled is None or not settled.waited_ms:
        return ""
    return f" after a wait of {settled.waited_ms / 1000:.1f} s for {', '.join(settled.waited_for)}"


def _holder(decision: Decision | None, names: Mapping[str, str]) -> str | None:
    match decision.outcome if decision else None:
        case Assigned(rep, owner_id, _):
            return rep or names.get(owner_id, f"owner {owner_id}")
        case Queued(team):
            return f"queue of {team}"
        case _:
            return None


def _event(event: LedgerEvent, names: Mapping[str, str]) -> Happening:
    words = EVENTS.get(f"{event.kind} {event.detail.get('outcome')}") or EVENTS.get(
        event.kind, event.kind.replace("_", " ")
    )
    more = ", ".join(_details(event.detail, names))
    what = f"{words} ({more})" if more else words
    return Happening(event.at, event.kind, what, event.decision_id, event.detail)


def _details(detail: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    for name, value in detail.items():
        if value in (None, "") or isinstance(value, bool) or name in SAID_ALREADY:
            continue
        if name == "waited_ms":
            yield f"{int(value) / 1000:.1f} s after HubSpot told us"
        elif name == "why":
            yield str(value)
        else:
            called = f"{names[value]} ({value})" if isinstance(value, str) and value in names else value
            yield f"{name.removesuffix('_id').replace('_', ' ')} {called}"


def _followed_up(one: FollowUp, names: Mapping[str, str]) -> Iterator[Happening]:
    who = one.rep or names.get(one.owner_id, f"owner {one.owner_id}")
    if one.first_response_at is not None and one.response is not None:
        what = f"{who} acted for the first time, {_span(one.response)} after the assignment"
        yield Happening(one.first_response_at.isoformat(), "responded", what, one.decision_id, {"rep": who})
    if one.outcome is not None and one.outcome_at is not None:
        seen = ", ".join(text for text in (one.stage, one.status) if text)
        what = f"{one.outcome} with {who}" + (f" ({seen})" if seen else "")
        yield Happening(one.outcome_at.isoformat(), one.outcome, what, one.decision_id, {"rep": who})


def _span(span: timedelta) -> str:
    minutes = int(span / timedelta(minutes=1))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{span.days} days"
