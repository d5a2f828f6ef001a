"""Planning which leads would move tonight, from and to which owner and why, on the present share book.

Search and ledger only hint at leads; each is read in HubSpot before it is planned, and once more before it is
moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER, RULE
from router.policy.decision.decide import decide
from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.decision.inputs import World
from router.policy.decision.trigger import Destination, PushedOut, Reassigned
from router.policy.reports.night_report import Note
from router.policy.reports.night_selection import Reason, Why
from router.policy.results.follow_up import FollowUp
from router.policy.shares.share_book import Book, add_changes
from router.policy.wording.phrases import moment_in_words, say
from router.routing.intake.affinity import affinity_memory
from router.routing.intake.reading import leads_of
from router.routing.intake.transitions.owned import CAN_BE_REASSIGNED
from router.routing.intake.work_item import WorkItem
from router.routing.night.candidates import AT_A_TIME, candidates
from router.routing.night.lead_snapshot import read, standing_of, why_of
from router.routing.night.night_context import NightContext
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState
from router.store.worklists.night_plan import Planned


class Sweeping(Struct, frozen=True):
    """The progress of a night's planning; JSON-ready except for `reason`.

    `reason` and `after` say where planning goes on, "" when it is finished. `paid` is what the leads planned
    so far would add to the book of shares; `stayed` counts, by cause, leads that had a reason to move and
    stay.
    """

    run: str
    reason: str = Reason.GONE
    after: str = ""
    planned: int = 0
    looked_at: int = 0
    paid: Mapping[str, int] = field(default_factory=dict)
    stayed: Mapping[str, int] = field(default_factory=dict)


def moves_anything(services: Services) -> bool:
    """True if live rules exist that move leads at night, in live mode."""
    if not services.rules.live:
        return False
    policy = services.rules.policy()
    night = policy.night
    reasons = (night.when_gone, night.when_away, night.when_overdue, night.when_queued)
    return policy.mode == "live" and any(reasons)


def plan_some(
    services: Services,
    context: NightContext,
    sweeping: Sweeping,
    *,
    already: Callable[[Sequence[str]], Collection[str]],
) -> tuple[Sweeping, tuple[Planned, ...]]:
    """Plan up to 200 more leads; returns the progress, and the leads that would move.

    Nothing is changed. One search or one look into ledger or Redis, and a batch read per hundred leads.
    `already` returns the planned ones among given contact ids: a lead moves for its first reason. Raises
    `HubSpotError` or `redis.RedisError`.
    """
    reason = Reason(sweeping.reason)
    ids, after = candidates(
        context,
        reason,
        sweeping.after,
        hubspot=services.hubspot,
        store=services.store,
        ledger=services.ledger,
    )
    planned: list[Planned] = []
    stayed: Counter[str] = Counter(sweeping.stayed)
    paid = Counter(sweeping.paid)
    planned_before = already(ids)
    ids = [one for one in ids if one not in planned_before]
    for start in range(0, len(ids), AT_A_TIME):
        some = ids[start : start + AT_A_TIME]
        place = sweeping.planned + len(planned)
        planned += _judged(services, context, some, run=sweeping.run, place=place, paid=paid, stayed=stayed)
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


def why_left(services: Services, context: NightContext, planned: Sequence[Planned]) -> dict[str, Note]:
    """By contact id: why a planned lead stays after all, because of changes since the planning.

    One batch read per hundred leads. Leads that are on their way already are not looked at. Raises
    `HubSpotError` or `redis.RedisError`.
    """
    left: dict[str, Note] = {}
    for start in range(0, len(planned), AT_A_TIME):
        some = {one.contact_id: one for one in planned[start : start + AT_A_TIME]}
        states = services.store.leads.recall(some)
        still = [one for one in some if one not in states or states[one].state in CAN_BE_REASSIGNED]
        records = read(services, still)
        running = services.ledger.follow_ups.running_of(still)
        for contact_id in still:
            note = _note(
                context,
                some[contact_id],
                records.get(contact_id),
                states.get(contact_id),
                running.get(contact_id),
            )
            if note:
                left[contact_id] = note
    return left


def _note(
    context: NightContext,
    planned: Planned,
    record: Record | None,
    state: LeadState | None,
    running: FollowUp | None,
) -> Note:
    """The cause for which this lead stays; "" if it is as it was planned."""
    if record is None:
        return "deleted"
    if (record.properties.get(OWNER) or "") != planned.owner_id:
        return "person"
    if (state.episode if state else None) != planned.episode:
        return "changed" if state else "unknown"
    snapshot = standing_of(context.policy, record, state, running)
    if snapshot is not None and why_of(context, snapshot) is not None:
        return ""
    return "begun" if snapshot is not None and snapshot.started else "over"


def _judged(
    services: Services,
    context: NightContext,
    ids: Sequence[str],
    *,
    run: str,
    place: int,
    paid: Counter[str],
    stayed: Counter[str],
) -> Iterator[Planned]:
    """Those of the given leads that would move, each decided after the ones before it."""
    records = read(services, ids)
    states = services.store.leads.recall(records)
    running = services.ledger.follow_ups.running_of(list(records))
    moving: list[tuple[str, Why]] = []
    for contact_id in (one for one in ids if one in records):
        record, state = records[contact_id], states.get(contact_id)
        snapshot = standing_of(context.policy, record, state, running.get(contact_id))
        if snapshot is None:
            continue
        why = why_of(context, snapshot)
        if why is None:
            if snapshot.started and why_of(context, replace(snapshot, started=False)):
                stayed["begun"] += 1
        elif state is None and why.reason is not Reason.GONE:
            stayed["unknown"] += 1
        elif state is not None and state.state not in CAN_BE_REASSIGNED:
            stayed["busy"] += 1
        else:
            moving.append((contact_id, why))
    items = [_item(context, one, why, records[one], states.get(one), run=run) for one, why in moving]
    yield from _decided(
        services, context, items, dict(moving), records, place=place, paid=paid, stayed=stayed
    )


def _decided(
    services: Services,
    context: NightContext,
    items: Sequence[WorkItem],
    reasons: Mapping[str, Why],
    records: Mapping[str, Record],
    *,
    place: int,
    paid: Counter[str],
    stayed: Counter[str],
) -> Iterator[Planned]:
    """The planned moves of these leads, each decided on the book as the ones before it leave it."""
    compiled, store = context.compiled, services.store
    deciding = {item.contact_id: records[item.contact_id] for item in items}
    leads = leads_of(services.hubspot, deciding, needed=services.rules.needed(), priority="sweep")
    memory = affinity_memory(store.companies, compiled.affinity, leads)
    leads = memory.with_previous_owners(leads)
    memory.read()
    fields, _ = store.commits.read_book([context.policy.roster.day_of(context.now)])
    add_changes(fields, paid)
    world = World(Book(fields), context.owners, context.now, context.reported)
    for item in items:
        why = reasons[item.contact_id]
        request = item.request(memory.of(item.contact_id))
        decision = decide(compiled, leads[item.contact_id], world, request)
        goes_to = _destination(context, item, why, decision)
        if goes_to is None:
            nobody = isinstance(decision.outcome, Assigned | Queued)
            stayed["nobody" if nobody else "no_rule"] += 1
            continue
        paid.update(decision.book_changes)
        add_changes(fields, decision.book_changes)
        yield _planned(context, place, item, why, decision, goes_to=goes_to)
        place += 1


def _item(
    context: NightContext, contact_id: str, why: Why, record: Record, state: LeadState | None, *, run: str
) -> WorkItem:
    owner_id = record.properties.get(OWNER) or ""
    before = state.released_by if state else ()
    rep = context.reps.get(owner_id)
    trigger = Reassigned(
        owner_id,
        rep,
        why_in_words(context, why, owner_id),
        run,
        record.properties.get(RULE) or None,
        destination(why.reason),
    )
    return WorkItem(
        contact_id,
        entries=(),
        state=state,
        excluded=frozenset(filter(None, (*before, owner_id))),
        trigger=trigger,
    )


def destination(reason: Reason | str) -> Destination | None:
    """The destination that overrules the lead's rule: fair share for a queued lead, else None."""
    return PushedOut() if reason == Reason.QUEUED else None


def why_in_words(context: NightContext, why: Why, owner_id: str) -> str:
    """The words after "because …" that reps read on the record of a lead taken from its owner."""
    language, rep = context.policy.language, context.names.get(owner_id, owner_id)
    if why.moment is None:
        return say(
            language, "night_away_long" if why.reason is Reason.AWAY else f"night_{why.reason}", rep=rep
        )
    moment = moment_in_words(why.moment.astimezone(context.policy.roster.timezone), language)
    return say(language, f"night_{why.reason}", rep=rep, moment=moment)


def _destination(context: NightContext, item: WorkItem, why: Why, decision: Decision) -> str | None:
    """The name of the new owner or queue, or None if the lead should stay where it is."""
    match decision.outcome:
        case Assigned(rep=rep, owner_id=owner_id) if owner_id not in item.excluded:
            return rep or context.names.get(owner_id, owner_id)
        case Queued(team=team) if why.reason is Reason.GONE:
            return say(context.policy.language, "queued", team=team)
        case _:
            return None


def _planned(
    context: NightContext, place: int, item: WorkItem, why: Why, decision: Decision, *, goes_to: str
) -> Planned:
    taken = item.trigger
    if not isinstance(taken, Reassigned):
        raise TypeError("a sweep only reassigns")
    return Planned(
        place=place,
        contact_id=item.contact_id,
        episode=item.state.episode if item.state else None,
        owner_id=taken.owner_id,
        reason=str(why.reason),
        moment=why.moment.isoformat() if why.moment else "",
        came_from=context.names.get(taken.owner_id, taken.owner_id),
        goes_to=goes_to,
        rule=decision.rule,
        why=taken.why,
    )
