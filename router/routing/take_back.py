"""What a revision or a rule gave away, and nobody has touched since, is decided anew by the live rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from router.hubspot.records import Record
from router.ledger.latest import last_words
from router.policy.availability import Said
from router.policy.book import Book
from router.policy.catalog import Owner
from router.policy.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.occasion import Reassigned, ToOwner
from router.policy.record import from_record
from router.policy.rules import Policy
from router.routing.deciding import decide_trip, leads_of, properties_read
from router.routing.desk import Desk
from router.routing.owners import reps_by_owner
from router.routing.reassign import Reassigning, Reassignment, reassign
from router.routing.record import record
from router.routing.sticky import followed
from router.routing.trip import Trip
from router.routing.untouched import ASKED, why_touched
from router.rulefiles.mistakes import did_you_mean
from router.store.leads import LeadState

READ_AT_ONCE: Final = 500
"""Decisions read from the ledger in one go."""
AT_A_TIME: Final = 50
"""Leads judged together: HubSpot tells the histories of so many in one call."""
CLOCKS_DIFFER: Final = timedelta(minutes=1)

Kind = Literal["undo", "reroute"]


class CannotTakeBack(Exception):  # noqa: N818 - it reads as a sentence where it is caught
    """There is nothing that could be taken back; the message names the reason and the way out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One lead that would go from somebody to somebody, in words, and how that is asked for."""

    came_from: str
    goes_to: str
    rule: str
    wanted: Reassignment


@dataclass(frozen=True, slots=True)
class Plan:
    """What would move, in the order in which it was decided, and by contact id why the others stay."""

    run: str
    steps: tuple[Step, ...] = ()
    stay: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Ground:
    """What is the same for all leads of a plan; the book changes with each lead that would move."""

    policy: Policy
    owners: Mapping[str, Owner]
    said: Mapping[str, Said]
    names: Mapping[str, str]
    reps: Mapping[str, str]
    now: datetime
    book: Book
    kind: Kind
    run: str
    why: str


def plan_undo(desk: Desk, revision: str, *, tell: Callable[[int], None] = lambda _: None) -> Plan:
    """Which owners set by a revision (its first digits are enough) would go back, and to whom.

    Back to the owner before where there was one who is still active, else wherever the live rules send
    the lead now. Nothing is changed. Two history reads and one batch read per hundred leads; `tell` hears of
    each lead that was looked at. Raises `CannotTakeBack`, `HubSpotError`, `NoRules`, and what ledger and
    Redis raise.
    """
    desk.rules.refresh()
    policy, _needed = desk.rules.required()
    changes = [one for one in desk.ledger.revisions.all() if one.revision.startswith(revision)]
    found = sorted({one.revision for one in changes})
    if not found:
        raise CannotTakeBack(f"No revision {revision} was ever live here. See: router revisions")
    if len(found) > 1:
        raise CannotTakeBack(f"Several revisions begin with {revision}. Give one more digit.")
    whole = found[0]
    if whole == policy.revision:
        raise CannotTakeBack(
            f"Revision {whole} is live: it would decide its leads the same way again. Put the files before "
            "it back into the rules folder (such as by git revert), then undo it."
        )
    since = min(datetime.fromisoformat(one.live_since) for one in changes) - CLOCKS_DIFFER
    why = {"fr": f"la révision {whole} a été annulée", "en": f"revision {whole} was undone"}
    ground = _ground(desk, policy, kind="undo", name=whole, why=why[policy.language])

    def set_by_it(written: Mapping[str, Any]) -> bool:
        return bool(written["revision"] == whole and written["outcome"]["kind"] == "assigned")

    return _plan(desk, ground, since=since, concerns=set_by_it, tell=tell)


def plan_reroute(
    desk: Desk, rule: str, *, since: datetime, tell: Callable[[int], None] = lambda _: None
) -> Plan:
    """Which leads that a rule decided since then (aware UTC) would go elsewhere by the live rules.

    A lead that they send to the same team, queue or rep stays with whoever has it. The rule need not be live
    any more, but some rule has to have had the name. Costs and raises like `plan_undo`.
    """
    desk.rules.refresh()
    policy, _needed = desk.rules.required()
    why = {"fr": f"les règles ont changé depuis « {rule} »", "en": f'the rules have changed since "{rule}"'}
    ground = _ground(desk, policy, kind="reroute", name=rule, why=why[policy.language])
    plan = _plan(desk, ground, since=since, concerns=lambda written: written["rule"] == rule, tell=tell)
    names = [one.name for one in policy.rules]
    if rule not in names and not plan.steps and not plan.stay:
        hint = (
            did_you_mean(rule, names) or "Write the name as it stands in routing.yaml, or a longer --since."
        )
        raise CannotTakeBack(f'No live rule is called "{rule}", and none decided a lead in that time. {hint}')
    return plan


def carry_out(desk: Desk, plan: Plan) -> Reassigning:
    """Have the leads of the plan moved, by whoever drains the inbox; wake somebody.

    A person who is faster wins: each lead is read again before it is written. Safe to repeat and to leave
    half-way: a new plan holds what is left. Raises like `reassign`.
    """
    return reassign(desk, [step.wanted for step in plan.steps], run=plan.run)


def _ground(desk: Desk, policy: Policy, *, kind: Kind, name: str, why: str) -> _Ground:
    if policy.mode == "shadow":
        raise CannotTakeBack("The rules are in shadow mode, which writes nothing to HubSpot.")
    record(desk)  # what was decided a moment ago
    now, owners = desk.clock(), desk.owners.refresh()
    reps = reps_by_owner(owners, policy.roster)
    return _Ground(
        policy=policy,
        owners=owners,
        said=desk.availability.said(policy.roster, owners, now=now),
        names={owner.id: owner.name for owner in owners.values()} | reps,
        reps=reps,
        now=now,
        book=Book(desk.commits.read_book()[0]),
        kind=kind,
        run=f"{kind} {name} {now:%Y-%m-%dT%H:%M:%SZ}",
        why=why,
    )


def _plan(
    desk: Desk,
    ground: _Ground,
    *,
    since: datetime,
    concerns: Callable[[Mapping[str, Any]], bool],
    tell: Callable[[int], None],
) -> Plan:
    steps: list[Step] = []
    stay: dict[str, str] = {}
    for decisions in _concerned(desk, since=since, until=ground.now, concerns=concerns):
        steps += _judged(desk, ground, decisions, stay)
        tell(len(decisions))
    return Plan(ground.run, tuple(steps), stay)


def _concerned(
    desk: Desk, *, since: datetime, until: datetime, concerns: Callable[[Mapping[str, Any]], bool]
) -> Iterator[Sequence[Decision]]:
    """The last words about leads that are concerned, some at a time."""
    after, waiting = "", list[Decision]()
    while True:
        page = last_words(desk.ledger, since=since, until=until, after=after, limit=READ_AT_ONCE)
        live = (one for one in page.records if one.get("mode", "live") == "live" and concerns(one))
        waiting += [from_record(one) for one in live]
        after = page.after
        while len(waiting) >= AT_A_TIME or (waiting and not after):
            yield waiting[:AT_A_TIME]
            waiting = waiting[AT_A_TIME:]
        if not after:
            return


def _judged(
    desk: Desk, ground: _Ground, decisions: Sequence[Decision], stay: dict[str, str]
) -> Iterator[Step]:
    ids = [one.contact_id for one in decisions]
    states, gateway = desk.leads.recall(ids), desk.gateway.at("sweep")
    histories = gateway.read_owner_history(ids, ASKED)
    trips: list[tuple[Decision, Trip]] = []
    for decision in decisions:
        contact_id = decision.contact_id
        state = states.get(contact_id)
        touched = why_touched(decision, state, histories.get(contact_id))
        if touched is not None or state is None:
            stay[contact_id] = touched or ""
        else:
            trips.append((decision, _trip(ground, decision, state)))
    records = _read(desk, [trip.contact_id for _, trip in trips])
    there = [(decision, trip) for decision, trip in trips if trip.contact_id in records]
    stay |= {
        trip.contact_id: "it was deleted in HubSpot" for _, trip in trips if trip.contact_id not in records
    }
    yield from _decided(desk, ground, there, records, stay)


def _read(desk: Desk, ids: Sequence[str]) -> dict[str, Record]:
    answer = desk.gateway.at("sweep").read_contacts(ids, properties_read(desk))
    return {one: found for one, found in answer.records.items() if found.merged_into is None}


def _trip(ground: _Ground, decision: Decision, state: LeadState) -> Trip:
    owner_id = decision.owner_id
    before = _owner_before(ground, decision) if ground.kind == "undo" else None
    taken = Reassigned(
        owner_id,
        ground.reps.get(owner_id),
        ground.why,
        ground.run,
        to=ToOwner(before) if before else None,
        paid=decision.book_changes if owner_id else {},
    )
    named = {before, ground.reps.get(before)} if before else frozenset()
    excluded = frozenset(one for one in state.released_by if one not in named)
    return Trip(decision.contact_id, entries=(), state=state, excluded=excluded, occasion=taken)


def _owner_before(ground: _Ground, decision: Decision) -> str | None:
    """From whom the decision took the lead, if they are still there."""
    occasion = decision.inputs.occasion if decision.inputs else None
    if not isinstance(occasion, Reassigned):
        return None
    active = {owner.id for owner in ground.owners.values() if not owner.archived}
    return (
        occasion.owner_id if occasion.owner_id in active and occasion.owner_id != decision.owner_id else None
    )


def _decided(
    desk: Desk,
    ground: _Ground,
    trips: Sequence[tuple[Decision, Trip]],
    records: Mapping[str, Record],
    stay: dict[str, str],
) -> Iterator[Step]:
    """Where each would go, on the book as the ones before it leave it."""
    leads = leads_of(desk, [trip for _, trip in trips], records)
    memory = followed(desk.companies, ground.policy, leads)
    memory.read()
    for old, trip in trips:

        def decide(trip: Trip, *, with_memory: bool) -> Decision:
            remembered = memory.of(trip.contact_id) if with_memory else ()
            return decide_trip(
                ground.policy,
                trip,
                leads[trip.contact_id],
                ground.book,
                ground.owners,
                ground.now,
                said=ground.said,
                remembered=remembered,
            )

        if _stays(ground, old, decide(trip, with_memory=False)):
            stay[trip.contact_id] = "the live rules leave it there"
            continue
        new, except_for = decide(trip, with_memory=True), frozenset[str]()
        if old.owner_id and new.owner_id == old.owner_id:
            # Its company is remembered with the very owner it is taken from: that must not decide.
            except_for = frozenset({old.owner_id})
            trip.excluded |= except_for
            new = decide(trip, with_memory=True)
        ground.book = ground.book.apply(new.book_changes)
        yield _step(ground, old, new, trip, except_for=except_for)


def _stays(ground: _Ground, old: Decision, new: Decision) -> bool:
    """Whether the live rules leave the lead where it is; a reroute does not deal a team's leads again."""
    match old.outcome, new.outcome:
        case Assigned(owner_id=before), Assigned(owner_id=after) if before == after:
            return True
        case Assigned(rep=rep, team=str(team)), Assigned(team=same) if (
            ground.kind == "reroute" and team == same
        ):
            there = ground.policy.roster.teams.get(team)
            return there is not None and rep in there.reps
        case Queued(team=before), Queued(team=after):
            return before == after
        case ((Nurtured() | LeftAlone()), (Nurtured() | LeftAlone())):
            return old.outcome == new.outcome
    return False


def _step(ground: _Ground, old: Decision, new: Decision, trip: Trip, *, except_for: frozenset[str]) -> Step:
    taken = trip.occasion
    if not isinstance(taken, Reassigned) or trip.state is None:
        raise TypeError("a plan only takes back leads that we know")
    wanted = Reassignment(
        trip.contact_id,
        trip.state.episode,
        taken.owner_id,
        taken.why,
        excluded=except_for,
        to=taken.to,
        refund=bool(taken.owner_id),
    )
    return Step(_place(ground, old), _place(ground, new), new.rule, wanted)


def _place(ground: _Ground, decision: Decision) -> str:
    match decision.outcome:
        case Assigned(rep=rep, owner_id=owner_id):
            return ground.reps.get(owner_id) or rep or ground.names.get(owner_id, owner_id)
        case Queued(team=team):
            return f"queue {team}"
        case Nurtured():
            return "nurture"
        case LeftAlone():
            return "nobody"
