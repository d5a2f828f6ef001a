"""Eligibility: the reps who may take a lead, and the reason for each rep who may not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Self

from msgspec import Struct

from router.policy.decision.compiled import CompiledPolicy, CompiledRep
from router.policy.decision.decision import PassedOver
from router.policy.decision.inputs import DecisionRequest, World, WorldCache
from router.policy.decision.trigger import Pushed, Revised
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Facts
from router.policy.leads.text import folded_once
from router.policy.people.availability import Reported, calendar_of, is_present, why_away
from router.policy.people.calendar import Calendar
from router.policy.people.public_holidays import holiday_on
from router.policy.rules.affinity import Remembered
from router.policy.rules.policy import Need
from router.policy.shares.share_book import Book, back_from, changed
from router.policy.wording.phrases import moment_in_words, say


class DecisionContext(Struct, frozen=True):
    """Everything that one decision reads: the lead's facts, and the world at `now` (aware UTC)."""

    compiled: CompiledPolicy
    facts: Facts
    book: Book
    owners: Mapping[str, Owner]
    now: datetime
    cache: WorldCache
    excluded: frozenset[str]
    sla: timedelta
    language: str
    reported: Mapping[str, Reported]
    """Each rep's availability from HubSpot and overrides, by rep name."""
    remembered: tuple[Remembered, ...]
    """The owners of the same company's last leads, the surest trace first."""
    pushed: bool
    """True when the lead leaves its queue: the `push_after` of its rule counts as over."""
    holder: CompiledRep | None = None
    """The rep who has the lead while it is revised; the book is as if this rep had not got it."""

    @classmethod
    def of(
        cls,
        compiled: CompiledPolicy,
        facts: Facts,
        world: World,
        request: DecisionRequest,
        *,
        sla: timedelta,
    ) -> Self:
        """The context of a request in a world, under a rule with this SLA."""
        trigger, book, holder = request.trigger, world.book, None
        if isinstance(trigger, Revised):
            book = changed(book, back_from(trigger.rep, trigger.paid))
            holder = _holder(compiled, world, trigger)
        return cls(
            compiled=compiled,
            facts=facts,
            book=book,
            owners=world.owners,
            now=world.now,
            cache=world.cache_of(compiled),
            excluded=request.excluded,
            sla=sla,
            language=compiled.policy.language,
            reported=world.reported,
            remembered=request.remembered,
            pushed=isinstance(trigger, Pushed),
            holder=holder,
        )


def _holder(compiled: CompiledPolicy, world: World, revised: Revised) -> CompiledRep | None:
    """The rep who has the lead, unless another HubSpot owner is theirs by now."""
    rep = compiled.reps.get(revised.rep or "")
    owner = None if rep is None else world.owners.get(rep.email)
    return rep if owner is not None and owner.id == revised.owner_id else None


class Wish(Struct, frozen=True):
    """One requirement of this lead: the rep has one of `wanted`; `folded` is without case and accents."""

    kind: str
    wanted: str
    folded: frozenset[str]


def wishes_of(facts: Facts, needs: Sequence[Need]) -> list[Wish]:
    """The wishes of this lead, one per need; a need `from` a missing fact makes no wish.

    A multiple choice asks for any of its options; `fr` also satisfies the language `fr-be`.
    """
    return [_wish(need.kind, values) for need in needs if (values := _values_wanted(facts, need))]


def candidates(
    context: DecisionContext,
    reps: Sequence[CompiledRep],
    *,
    needs: Sequence[Need],
    prefer: Sequence[Need],
    any_hour: bool = False,
) -> tuple[list[CompiledRep], list[PassedOver]]:
    """The reps who may take the lead, in the order given, and every other rep with the reason."""
    wishes = wishes_of(context.facts, needs)
    passed_over: list[PassedOver] = []
    eligible: list[CompiledRep] = []
    for candidate in reps:
        why = why_not(context, candidate, wishes=wishes)
        if why is None and candidate.rep.weight <= 0:
            why = say(context.language, "no_weight")
        if why is None:
            eligible.append(candidate)
        else:
            passed_over.append(PassedOver(candidate.rep.name, why))
    if not any_hour:
        eligible = _in_time(context, eligible, passed_over)
    for wish in wishes_of(context.facts, prefer):
        eligible = _preferred(context, wish, eligible, passed_over)
    return eligible, passed_over


def why_not(context: DecisionContext, candidate: CompiledRep, *, wishes: Sequence[Wish]) -> str | None:
    """The first reason why the rep may not take the lead, or None."""
    return why_absent(context, candidate) or why_unfit(context, candidate, wishes=wishes)


def why_lost(context: DecisionContext, holder: CompiledRep, *, wishes: Sequence[Wish]) -> str | None:
    """The reason why the rep may not keep a lead that is revised, or None: caps and hours do not matter."""
    return why_absent(context, holder) or _why_lacking(context, holder, wishes)


def why_unfit(context: DecisionContext, candidate: CompiledRep, *, wishes: Sequence[Wish]) -> str | None:
    """The need that the rep does not meet, or the capacity that the rep has reached; else None."""
    lacking = _why_lacking(context, candidate, wishes)
    if lacking is not None:
        return lacking
    rep, fields = candidate.rep, context.book.fields
    if rep.max_open_leads is not None:
        count = fields.get(candidate.open_field, 0)
        if count >= rep.max_open_leads:
            return say(context.language, "at_capacity", count=count, most=rep.max_open_leads)
    if rep.max_per_day is not None:
        count = fields.get(context.cache.today_prefix + rep.name, 0)
        if count >= rep.max_per_day:
            return say(context.language, "day_full", count=count, most=rep.max_per_day)
    return None


def _why_lacking(context: DecisionContext, candidate: CompiledRep, wishes: Sequence[Wish]) -> str | None:
    for wish in wishes:
        if wish.folded.isdisjoint(candidate.has[wish.kind]):
            return say(context.language, f"lacks_{wish.kind}", wanted=wish.wanted)
    return None


def why_absent(context: DecisionContext, candidate: CompiledRep) -> str | None:
    """The reason that holds even for a lead of the rep's own account, or None.

    Such reasons: no active HubSpot owner, an excluded rep, or an absence.
    """
    barred = why_barred(context, candidate)
    if barred is not None:
        return barred
    calendar, reported = calendar_on(context, candidate)
    if reported is None and not calendar.time_off:
        return None
    absences, name = context.cache.absences, candidate.rep.name
    if name not in absences:
        absences[name] = why_away(calendar, reported, now=context.now, language=context.language)
    return absences[name]


def why_barred(context: DecisionContext, candidate: CompiledRep) -> str | None:
    """The reason if the rep has no active HubSpot owner or is excluded from this lead; else None."""
    owner = context.owners.get(candidate.email)
    if owner is None or owner.archived:
        return say(context.language, "no_owner")
    if context.excluded and (candidate.rep.name in context.excluded or owner.id in context.excluded):
        return say(context.language, "previous_owner")
    return None


def calendar_on(context: DecisionContext, candidate: CompiledRep) -> tuple[Calendar, Reported | None]:
    """The rep's calendar with reported absences included, and the report itself (None: no report)."""
    reported = context.reported.get(candidate.rep.name) if context.reported else None
    if reported is None:
        return candidate.calendar, None
    calendars, name = context.cache.calendars, candidate.rep.name
    if name not in calendars:
        calendars[name] = calendar_of(context.compiled.policy.roster, name, reported)
    return calendars[name], reported


def due_for(context: DecisionContext, candidate: CompiledRep) -> datetime | None:
    """The time (aware UTC) when the lead's SLA ends for this rep; None when beyond two years."""
    calendar, _reported = calendar_on(context, candidate)
    due, key = context.cache.due, (_week_of(context, candidate), context.sla)
    try:
        return due[key]
    except KeyError:
        due[key] = calendar.add(context.now, context.sla)
        return due[key]


def _in_time(
    context: DecisionContext, eligible: list[CompiledRep], passed_over: list[PassedOver]
) -> list[CompiledRep]:
    """The reps whose next working minute comes at most one SLA after the earliest one of the team."""
    openings = _openings(context, eligible)
    if all(opens == context.now for opens in openings.values()):
        return eligible
    known = [opens for opens in openings.values() if opens is not None]
    latest = min(known) + context.sla if known else context.now
    in_time = []
    for candidate in eligible:
        opens = openings[_week_of(context, candidate)]
        if opens is None:
            passed_over.append(PassedOver(candidate.rep.name, say(context.language, "never_works")))
        elif opens > latest:
            passed_over.append(PassedOver(candidate.rep.name, _why_later(context, candidate, opens)))
        else:
            in_time.append(candidate)
    return in_time


def _openings(context: DecisionContext, reps: Sequence[CompiledRep]) -> dict[Hashable, datetime | None]:
    """The next working minute (aware UTC) by week key; None when there is none within two years."""
    known = context.cache.openings
    openings: dict[Hashable, datetime | None] = {}
    for candidate in reps:
        week = _week_of(context, candidate)
        if week not in known:
            known[week] = calendar_on(context, candidate)[0].next_working_minute(context.now)
        openings[week] = known[week]
    return openings


def _week_of(context: DecisionContext, candidate: CompiledRep) -> Hashable:
    """The week key: shared by reps with the same hours; a rep with a report has a separate key."""
    return candidate.rep.name if candidate.rep.name in context.reported else candidate.week


def _why_later(context: DecisionContext, candidate: CompiledRep, opens: datetime) -> str:
    """The reason in words: a public holiday today, or the time when the rep starts to work."""
    calendar, reported = calendar_on(context, candidate)
    if calendar.holidays is not None and not is_present(reported, context.now):
        name = holiday_on(calendar.holidays, calendar.day_of(context.now), context.language)
        if name is not None:
            return say(context.language, "public_holiday", name=name)
    local = moment_in_words(opens.astimezone(calendar.timezone), context.language)
    return say(context.language, "not_before", moment=local)


def _preferred(
    context: DecisionContext, wish: Wish, eligible: list[CompiledRep], passed_over: list[PassedOver]
) -> list[CompiledRep]:
    """The reps who meet the preference, or all reps where nobody meets it."""
    having = [candidate for candidate in eligible if not wish.folded.isdisjoint(candidate.has[wish.kind])]
    if not having or len(having) == len(eligible):
        return eligible
    why = say(context.language, f"prefers_{wish.kind}", wanted=wish.wanted)
    preferred = {candidate.rep.name for candidate in having}
    passed_over.extend(
        PassedOver(other.rep.name, why) for other in eligible if other.rep.name not in preferred
    )
    return having


def _values_wanted(facts: Facts, need: Need) -> tuple[str, ...]:
    wanted = need.value if need.from_fact is None else facts.get(need.from_fact)
    if wanted is None:
        return ()
    return tuple(sorted(wanted)) if isinstance(wanted, frozenset) else (str(wanted),)


@lru_cache(maxsize=1024)
def _wish(kind: str, values: tuple[str, ...]) -> Wish:
    words = {folded_once(value) for value in values}
    if kind == "language":
        words |= {f" {word.split()[0]} " for word in words if word.strip()}
    return Wish(kind, " / ".join(values), frozenset(words))
