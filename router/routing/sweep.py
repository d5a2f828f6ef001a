"""Which leads would move tonight, from whom to whom and why: planned on the book of shares as it is.

Search and ledger only hint at leads; each is read in HubSpot before it is planned, and once more before it
is moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from router.hubspot.records import Record
from router.hubspot.routing_properties import ALWAYS_READ, COMPANY, OWNER, RULE, STATUS
from router.policy.availability import Said
from router.policy.book import Book
from router.policy.catalog import Owner
from router.policy.decision import Assigned, Decision, Queued
from router.policy.follow_up import FollowUp
from router.policy.night_report import Note
from router.policy.occasion import Destination, PushedOut, Reassigned
from router.policy.phrases import moment_in_words, say
from router.policy.rules import Policy
from router.policy.started import Signs, started, without_ours
from router.policy.sweep import Reason, Standing, Why, absent, is_long, why_moved
from router.routing.deciding import decide_trip, leads_of
from router.routing.desk import Desk
from router.routing.moves import CAN_BE_REASSIGNED
from router.routing.sticky import followed
from router.routing.trip import Trip
from router.store.leads import LeadState, State
from router.store.night_plan import Planned

ASSIGNED_AT: Final = "hubspot_owner_assigneddate"
CONTACTED, UPDATED, UNWORKED = "notes_last_contacted", "notes_last_updated", "hs_is_unworked"
SIGNS: Final = (ASSIGNED_AT, CONTACTED, UPDATED, UNWORKED)
AT_A_TIME: Final = 100
"""Leads judged together: HubSpot reads so many in one call."""
OWNERS_PER_SEARCH: Final = 100
"""HubSpot takes so many values in one filter."""
NIGHTS_VARY: Final = timedelta(hours=2)
"""Nights come every 24 hours more or less: five nights later five days have passed."""
MOST_QUEUED: Final = 10_000
"""Leads of one queue that are looked at in a night."""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """How far the planning of a night got; JSON-ready but for `reason`.

    `reason` and `after` say where it goes on, "" when it is through. `paid` is what the leads planned so
    far would add to the book of shares, `stayed` counts leads that had a reason to move and stay, by why.
    """

    run: str
    reason: str = Reason.GONE
    after: str = ""
    planned: int = 0
    looked_at: int = 0
    paid: Mapping[str, int] = field(default_factory=dict)
    stayed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is the same for all leads of one night."""

    policy: Policy
    owners: Mapping[str, Owner]
    said: Mapping[str, Said]
    gone: frozenset[str]
    away: Mapping[str, datetime | None]
    names: Mapping[str, str]
    """What owner ids are called: rep names, or the owner's own."""
    reps: Mapping[str, str]
    now: datetime


def ground_of(desk: Desk, *, away_since: Mapping[str, str]) -> Ground:
    """The ground of tonight's plan; `away_since` says (ISO) since when reps are away without a known end.

    Raises `HubSpotError`, `NoRules` or `redis.RedisError`.
    """
    policy, _needed = desk.rules.required()
    now, owners = desk.clock(), desk.owners.refresh()
    # Who came back has a new owner under the old address, and their old leads are orphans all the same.
    everybody = desk.gateway.at("sweep").owners()
    said = desk.availability.said(policy.roster, owners, now=now)
    reps = {
        owner.id: rep.name for rep in policy.roster.reps.values() if (owner := owners.get(rep.owner.lower()))
    }
    ids = {rep: owner_id for owner_id, rep in reps.items()}
    away: dict[str, datetime | None] = {}
    for one in absent(policy.roster, said, now=now):
        since = datetime.fromisoformat(away_since[one.rep]) if one.rep in away_since else now
        span = policy.night.when_away
        if span is not None and one.rep in ids and is_long(one, span, since=since, now=now):
            away[ids[one.rep]] = one.back_at
    return Ground(
        policy=policy,
        owners=owners,
        said=said,
        gone=frozenset(owner.id for owner in everybody if owner.archived),
        away=away,
        names={owner.id: owner.name or owner.email for owner in everybody} | reps,
        reps=reps,
        now=now,
    )


def moves_anything(desk: Desk) -> bool:
    """Whether good rules are live that move leads at night, and not only watch."""
    if not desk.rules.live:
        return False
    policy, _needed = desk.rules.required()
    night = policy.night
    reasons = (night.when_gone, night.when_away, night.when_overdue, night.when_queued)
    return policy.mode == "live" and any(reasons)


def away_without_end(desk: Desk, *, before: Mapping[str, str]) -> dict[str, str]:
    """Since when (ISO) reps are away of whom nobody knows an end; `before` is what was known last night."""
    policy, _needed = desk.rules.required()
    now = desk.clock()
    said = desk.availability.said(policy.roster, desk.owners.by_email(), now=now)
    gone = [one.rep for one in absent(policy.roster, said, now=now) if one.back_at is None]
    return {rep: before.get(rep, (now - NIGHTS_VARY).isoformat()) for rep in gone}


def open_leads(desk: Desk, ground: Ground) -> int:
    """How many open leads the reps of the roster have, by one search per hundred reps."""
    ids = sorted(ground.reps)
    return sum(
        desk.gateway.at("sweep").count_contacts(
            _open_leads_of(ground.policy, ids[start : start + OWNERS_PER_SEARCH])
        )
        for start in range(0, len(ids), OWNERS_PER_SEARCH)
    )


def plan_some(
    desk: Desk, ground: Ground, sweeping: Sweeping, *, already: Callable[[Sequence[str]], Collection[str]]
) -> tuple[Sweeping, tuple[Planned, ...]]:
    """Plan up to 200 leads more; how far that got, and the leads that would move.

    Nothing is changed. One search or one look into ledger or Redis, and a batch read per hundred leads.
    `already` tells which of some contact ids are planned: a lead moves for its first reason. Raises
    `HubSpotError` or `redis.RedisError`.
    """
    reason = Reason(sweeping.reason)
    ids, after = _candidates(desk, ground, reason, sweeping.after)
    planned: list[Planned] = []
    stayed: Counter[str] = Counter(sweeping.stayed)
    paid = Counter(sweeping.paid)
    planned_before = already(ids)
    ids = [one for one in ids if one not in planned_before]
    for start in range(0, len(ids), AT_A_TIME):
        some = ids[start : start + AT_A_TIME]
        place = sweeping.planned + len(planned)
        planned += _judged(desk, ground, some, run=sweeping.run, place=place, paid=paid, stayed=stayed)
    order = [*Reason, ""]
    ahead = replace(
        sweeping,
        reason=reason if after else str(order[order.index(reason) + 1]),
        after=after,
        planned=sweeping.planned + len(planned),
        looked_at=sweeping.looked_at + len(ids),
        paid=dict(paid),
        stayed=dict(stayed),
    )
    return ahead, tuple(planned)


def why_left(desk: Desk, ground: Ground, planned: Sequence[Planned]) -> dict[str, Note]:
    """Which of these leads stay after all, because of what happened since they were planned, and why.

    One batch read per hundred leads. Leads that are on their way already are not looked at. Raises
    `HubSpotError` or `redis.RedisError`.
    """
    left: dict[str, Note] = {}
    for start in range(0, len(planned), AT_A_TIME):
        some = {one.contact_id: one for one in planned[start : start + AT_A_TIME]}
        states = desk.leads.recall(some)
        still = [one for one in some if one not in states or states[one].state in CAN_BE_REASSIGNED]
        records = _read(desk, still)
        running = desk.ledger.follow_ups.running_of(still)
        for contact_id in still:
            note = _note(
                ground,
                some[contact_id],
                records.get(contact_id),
                states.get(contact_id),
                running.get(contact_id),
            )
            if note:
                left[contact_id] = note
    return left


def _note(
    ground: Ground,
    planned: Planned,
    record: Record | None,
    state: LeadState | None,
    running: FollowUp | None,
) -> Note:
    """Why this lead stays; "" if it is as it was planned."""
    if record is None:
        return "deleted"
    if (record.properties.get(OWNER) or "") != planned.owner_id:
        return "person"
    if (state.episode if state else None) != planned.episode:
        return "changed" if state else "unknown"
    standing = _standing(ground.policy, record, state, running)
    if standing is not None and _why(ground, standing) is not None:
        return ""
    return "begun" if standing is not None and standing.started else "over"


def _candidates(desk: Desk, ground: Ground, reason: Reason, after: str) -> tuple[list[str], str]:
    """Up to a hundred contacts that may have this reason to move, and where to go on ("" if that was all)."""
    night = ground.policy.night
    match reason:
        case Reason.GONE if night.when_gone:
            return _of_owners(desk, ground.policy, sorted(ground.gone), after)
        case Reason.AWAY:
            return _of_owners(desk, ground.policy, sorted(ground.away), after)
        case Reason.OVERDUE if night.when_overdue is not None:
            before = ground.now - night.when_overdue
            late = desk.ledger.follow_ups.overdue(before=before, after_id=after, limit=AT_A_TIME)
            return list(late), late[-1] if len(late) == AT_A_TIME else ""
        case Reason.QUEUED if night.when_queued is not None:
            waiting = sorted(_queued(desk, ground.now - night.when_queued))
            some = [one for one in waiting if one > after][:AT_A_TIME]
            return some, some[-1] if len(some) == AT_A_TIME else ""
        case _:
            return [], ""


def _of_owners(desk: Desk, policy: Policy, owner_ids: Sequence[str], after: str) -> tuple[list[str], str]:
    """Open leads of these owners; `after` is the hundred of owners and the last contact, as `1:501`."""
    chunk, _, after_id = after.partition(":")
    start = int(chunk or 0) * OWNERS_PER_SEARCH
    some = list(owner_ids[start : start + OWNERS_PER_SEARCH])
    if not some:
        return [], ""
    page = desk.gateway.at("sweep").search_contacts(
        [_open_leads_of(policy, some)], (OWNER,), after_id=after_id or "0"
    )
    ids = [one.id for one in page.records]
    if page.more and ids:
        return ids, f"{chunk or 0}:{ids[-1]}"
    return ids, f"{int(chunk or 0) + 1}:" if start + OWNERS_PER_SEARCH < len(owner_ids) else ""


def _open_leads_of(policy: Policy, owner_ids: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"propertyName": OWNER, "operator": "IN", "values": list(owner_ids)},
        {"propertyName": STATUS, "operator": "IN", "values": list(policy.outcomes.open_statuses)},
    ]


def _queued(desk: Desk, before: datetime) -> Iterator[str]:
    before_ms = int(before.timestamp() * 1000)
    for team in desk.queues.lengths():
        for one in desk.queues.waiting(team, limit=MOST_QUEUED):
            if one.since_ms <= before_ms:
                yield one.contact_id


def _judged(
    desk: Desk,
    ground: Ground,
    ids: Sequence[str],
    *,
    run: str,
    place: int,
    paid: Counter[str],
    stayed: Counter[str],
) -> Iterator[Planned]:
    """The leads of these that would move, each decided after the ones before it."""
    records = _read(desk, ids)
    states = desk.leads.recall(records)
    running = desk.ledger.follow_ups.running_of(list(records))
    moving: list[tuple[str, Why]] = []
    for contact_id in (one for one in ids if one in records):
        record, state = records[contact_id], states.get(contact_id)
        standing = _standing(ground.policy, record, state, running.get(contact_id))
        if standing is None:
            continue
        why = _why(ground, standing)
        if why is None:
            if standing.started and _why(ground, replace(standing, started=False)):
                stayed["begun"] += 1
        elif state is None and why.reason is not Reason.GONE:
            stayed["unknown"] += 1
        elif state is not None and state.state not in CAN_BE_REASSIGNED:
            stayed["busy"] += 1
        else:
            moving.append((contact_id, why))
    trips = [_trip(ground, one, why, records[one], states.get(one), run=run) for one, why in moving]
    yield from _decided(desk, ground, trips, dict(moving), records, place=place, paid=paid, stayed=stayed)


def _read(desk: Desk, ids: Sequence[str]) -> dict[str, Record]:
    """The records that there still are, with all that deciding and judging asks of them."""
    _policy, needed = desk.rules.required()
    company = (COMPANY,) if needed.company else ()
    asked = tuple(dict.fromkeys((*ALWAYS_READ, RULE, *SIGNS, *company, *needed.contact)))
    answer = desk.gateway.at("sweep").read_contacts(ids, asked)
    return {one: record for one, record in answer.records.items() if record.merged_into is None}


def _why(ground: Ground, standing: Standing) -> Why | None:
    return why_moved(standing, ground.policy.night, gone=ground.gone, away=ground.away, now=ground.now)


def _standing(
    policy: Policy, record: Record, state: LeadState | None, running: FollowUp | None
) -> Standing | None:
    """How the lead stands by its record; None if it is closed, or not what we remember."""
    owner_id, status = record.properties.get(OWNER) or "", record.properties.get(STATUS) or ""
    if status and status not in policy.outcomes.open_statuses:
        return None
    if not owner_id:
        if state is None or state.state is not State.QUEUED or not state.queued_since_ms:
            return None
        return Standing("", queued_since=_moment(str(state.queued_since_ms)))
    ours = running if running is not None and running.owner_id == owner_id else None
    assigned_at = ours.assigned_at if ours else _moment(record.properties.get(ASSIGNED_AT))
    return Standing(
        owner_id,
        started=_has_begun(policy, record, assigned_at, tasks=state.tasks if state else ()),
        due_at=ours.due_at if ours else None,
    )


def _has_begun(
    policy: Policy, record: Record, assigned_at: datetime | None, *, tasks: Collection[datetime]
) -> bool:
    """Whether anything shows that somebody worked on it; in doubt they have, and keep it."""
    properties = record.properties
    status = properties.get(STATUS) or ""
    if status and status not in {policy.default_status, *(rule.status for rule in policy.rules)}:
        return True  # we never set it, so a person moved it on
    unworked = properties.get(UNWORKED)
    signs = Signs(
        last_contacted=_moment(properties.get(CONTACTED)),
        last_updated=_moment(properties.get(UPDATED)),
        is_unworked=None if not unworked else unworked == "true",
    )
    signs = without_ours(signs, tasks)
    if assigned_at is None:
        return any(sign is not None for sign in (signs.last_contacted, signs.last_updated))
    return started(signs, assigned_at=assigned_at, started_when=policy.breach.started_when) is not None


def _decided(
    desk: Desk,
    ground: Ground,
    trips: Sequence[Trip],
    reasons: Mapping[str, Why],
    records: Mapping[str, Record],
    *,
    place: int,
    paid: Counter[str],
    stayed: Counter[str],
) -> Iterator[Planned]:
    """What would be decided of these, each on the book as the ones before it leave it."""
    leads = leads_of(desk, trips, records)
    memory = followed(desk.companies, ground.policy, leads)
    memory.read()
    book = Book(desk.commits.read_book()[0]).apply(paid)
    for trip in trips:
        why = reasons[trip.contact_id]
        decision = decide_trip(
            ground.policy,
            trip,
            leads[trip.contact_id],
            book,
            ground.owners,
            ground.now,
            said=ground.said,
            remembered=memory.of(trip.contact_id),
        )
        goes_to = _destination(ground, trip, why, decision)
        if goes_to is None:
            nobody = isinstance(decision.outcome, Assigned | Queued)
            stayed["nobody" if nobody else "no_rule"] += 1
            continue
        paid.update(decision.book_changes)
        book = book.apply(decision.book_changes)
        yield _planned(ground, place, trip, why, decision, goes_to=goes_to)
        place += 1


def _trip(
    ground: Ground, contact_id: str, why: Why, record: Record, state: LeadState | None, *, run: str
) -> Trip:
    owner_id = record.properties.get(OWNER) or ""
    before = state.released_by if state else ()
    rep = ground.reps.get(owner_id)
    occasion = Reassigned(
        owner_id,
        rep,
        why_in_words(ground, why, owner_id),
        run,
        record.properties.get(RULE) or None,
        destination(why.reason),
    )
    return Trip(
        contact_id,
        entries=(),
        state=state,
        excluded=frozenset(filter(None, (*before, owner_id))),
        occasion=occasion,
    )


def destination(reason: Reason | str) -> Destination | None:
    """Where a lead goes whatever its rule says: out of a queue by fair share, else None."""
    return PushedOut() if reason == Reason.QUEUED else None


def why_in_words(ground: Ground, why: Why, owner_id: str) -> str:
    """Why it is taken from its owner, as reps read it on the record: the end of "because …"."""
    language, rep = ground.policy.language, ground.names.get(owner_id, owner_id)
    if why.moment is None:
        return say(
            language, "night_away_long" if why.reason is Reason.AWAY else f"night_{why.reason}", rep=rep
        )
    moment = moment_in_words(why.moment.astimezone(ground.policy.roster.timezone), language)
    return say(language, f"night_{why.reason}", rep=rep, moment=moment)


def _destination(ground: Ground, trip: Trip, why: Why, decision: Decision) -> str | None:
    """Who would get it, or None if it is better off where it is."""
    match decision.outcome:
        case Assigned(rep=rep, owner_id=owner_id) if owner_id not in trip.excluded:
            return rep or ground.names.get(owner_id, owner_id)
        case Queued(team=team) if why.reason is Reason.GONE:
            return say(ground.policy.language, "queued", team=team)
        case _:
            return None


def _planned(
    ground: Ground, place: int, trip: Trip, why: Why, decision: Decision, *, goes_to: str
) -> Planned:
    taken = trip.occasion
    if not isinstance(taken, Reassigned):
        raise TypeError("a sweep only reassigns")
    return Planned(
        place=place,
        contact_id=trip.contact_id,
        episode=trip.state.episode if trip.state else None,
        owner_id=taken.owner_id,
        reason=str(why.reason),
        moment=why.moment.isoformat() if why.moment else "",
        came_from=ground.names.get(taken.owner_id, taken.owner_id),
        goes_to=goes_to,
        rule=decision.rule,
        why=taken.why,
    )


def _moment(text: str | None) -> datetime | None:
    """A date as HubSpot writes it: ISO, or epoch milliseconds."""
    if not text:
        return None
    if text.isdigit():
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
