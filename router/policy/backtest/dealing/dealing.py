"""The dealing of past leads: the outcome of each lead, in the order of arrival.

The replay keeps a share book of its own. Decisions are computed as online (by `placement`, `fair_share`,
`sla`), but only once for all leads that cannot differ: those of one stretch of time in which no rep starts
or stops work, and those of moments with the same presence class.

A replay does not know when leads are closed. So no rep ever reaches `max_open_leads` there, and
`least_loaded` counts all leads that a rep was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from router.policy.backtest.dealing.action_slots import ActionSlot, action_slots_of
from router.policy.backtest.dealing.fast_rotation import Balances, FastRotation, SlowRotation
from router.policy.backtest.dealing.presence import PresenceClasses
from router.policy.backtest.dealing.schedule import Changes, DueSchedule, DueSchedules
from router.policy.backtest.judging.columns import moment_at
from router.policy.backtest.judging.judging import Kind
from router.policy.backtest.judging.numbering import Ints
from router.policy.decision.compiled import compile_policy
from router.policy.decision.decision import Assigned, LeftAlone, Nurtured, Outcome, Queued
from router.policy.decision.eligibility import DecisionContext
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.decision.placement import Placement, place
from router.policy.leads.catalog import Owner
from router.policy.people.roster import Rep
from router.policy.rules.policy import Assign, Nurture, Policy
from router.policy.shares.least_loaded import reps_counted
from router.policy.shares.share_book import Book, open_field, today_field

NO_LEADS: Final = "A replay needs at least one lead."
_TOGETHER: Final = 1 << 12
"""Number of leads converted to Python numbers at once: few enough for the processor's cache."""
_QUARTER_US: Final = 15 * 60 * 1_000_000


class OutcomeSlot(Struct, frozen=True):
    """One outcome shared by many leads: placement and SLA; the credits of winners are kept apart."""

    placement: Placement
    sla: timedelta

    @property
    def outcome(self) -> Outcome:
        """The outcome for these leads."""
        return self.placement.outcome


class Dealt(Struct, frozen=True):
    """The outcomes of leads, each by the lead's place in the order of arrival.

    `outcome_slot_of` gives places in `outcome_slots`; `credit_of` is the winner's credit before the lead
    (billionths of the team's unit; 0 without rotation). `due_by_hour` counts leads by the local hour (0 to
    23) of their due time.
    """

    outcome_slots: Sequence[OutcomeSlot]
    outcome_slot_of: Ints
    credit_of: Ints
    due_by_hour: tuple[int, ...]


def deal(
    policy: Policy,
    kinds: Sequence[Kind],
    *,
    owners: Mapping[str, Owner],
    kind_of: Ints,
    arrived: Ints,
    scores: Ints,
) -> Dealt:
    """Deal judged leads in the order of arrival.

    For each lead, `kind_of` is its place in `kinds`, `arrived` its arrival (µs since 1970, ascending), and
    `scores` its points. `owners` are the portal's owners by lower-case e-mail. Raises ValueError without
    leads.
    """
    if not len(arrived):
        raise ValueError(NO_LEADS)
    first_us, last_us = int(arrived[0]), int(arrived[-1])
    dealer = _Dealer(without_open_caps(policy), owners, kinds, first_us=first_us, last_us=last_us)
    outcome_slot_of, credit_of = dealer.deal(kind_of, arrived, scores)
    return Dealt(dealer.outcome_slots, outcome_slot_of, credit_of, dealer.due_by_hour())


def without_open_caps(policy: Policy) -> Policy:
    """A copy of the policy without any `max_open_leads`."""
    reps = {name: replace(rep, max_open_leads=None) for name, rep in policy.roster.reps.items()}
    return replace(policy, roster=replace(policy.roster, reps=reps))


_REQUEST: Final = DecisionRequest("")
"""The request of every lead: in a backtest all leads are new."""


class _Dealer:
    """The dealer, which deals leads in order and keeps the share book."""

    def __init__(
        self,
        policy: Policy,
        owners: Mapping[str, Owner],
        kinds: Sequence[Kind],
        *,
        first_us: int,
        last_us: int,
    ) -> None:
        self._policy = policy
        self._owners = owners
        self._compiled = compile_policy(policy)
        slas = {rule.sla or policy.default_sla for rule in policy.rules}
        self._changes = Changes(policy.roster, first_us=first_us, last_us=last_us, longest=max(slas))
        self._schedules = DueSchedules(policy.roster, self._changes)
        self._balances = {name: Balances(len(team.reps)) for name, team in policy.roster.teams.items()}
        self._rotation: dict[tuple[object, ...], FastRotation | SlowRotation] = {}
        self._slots = action_slots_of(policy, kinds)
        self._presence_classes = PresenceClasses(self._compiled)
        reps = policy.roster.reps
        self._capped = {
            name: [(rep, most) for rep in team.reps if (most := reps[rep].max_per_day) is not None]
            for name, team in policy.roster.teams.items()
        }
        self._counted: dict[str, int] = {}
        """Fields of the share book: leads of today under a daily limit, open leads where load decides."""
        self._load_decides = frozenset(reps_counted(policy))
        self._version = 0
        """A counter, increased when a rep reaches the daily limit."""
        self._numbers: dict[object, int] = {}
        self.outcome_slots: list[OutcomeSlot] = []
        self._schedule_of: list[DueSchedule | None] = []
        self._watched: list[Rep | None] = []
        """By outcome slot: the rep, if the rep has a daily limit or the rep's load decides; else None."""
        self._due: defaultdict[int, int] = defaultdict(int)

    def deal(self, kind_of: Ints, arrived: Ints, scores: Ints) -> tuple[Ints, Ints]:
        """Each lead's outcome slot, and the winner's credit before the lead."""
        outcome_slot_of, credit_of = np.empty_like(kind_of), np.empty_like(kind_of)
        for start in range(0, len(kind_of), _TOGETHER):
            some = slice(start, start + _TOGETHER)
            dealt = self._deal(kind_of[some].tolist(), arrived[some].tolist(), scores[some].tolist())
            outcome_slot_of[some], credit_of[some] = dealt
        return outcome_slot_of, credit_of

    def _deal(self, kind_of: list[int], arrived: list[int], scores: list[int]) -> tuple[list[int], list[int]]:
        """`deal` for one block of leads; all code that runs a million times is in this one loop."""
        watched, schedule_of, due = self._watched, self._schedule_of, self._due
        outcome_slot_of: list[int] = []
        credit_of: list[int] = []
        add_slot, add_credit = outcome_slot_of.append, credit_of.append
        for slot, now, score in zip(map(self._slots.__getitem__, kind_of), arrived, scores, strict=True):
            if now >= slot.until or slot.version != self._version:
                self._renew(slot, now)
            if slot.rotation is None:
                outcome_slot, credit = slot.outcome_slots[0], 0
            else:
                winner, credit = slot.rotation.take(score)
                outcome_slot = slot.outcome_slots[winner]
            add_slot(outcome_slot)
            add_credit(credit)
            if watched[outcome_slot] is not None:
                self._count(watched[outcome_slot], now)
            schedule = schedule_of[outcome_slot]
            if schedule is not None:
                if not schedule.start <= now < schedule.end:
                    schedule.renew(now)
                if schedule.due is not None:
                    at = schedule.due + now - schedule.start if schedule.rises else schedule.due
                    due[at // _QUARTER_US] += 1
        return outcome_slot_of, credit_of

    def due_by_hour(self) -> tuple[int, ...]:
        """The number of leads by the local hour (0 to 23) of their due time."""
        by_hour = [0] * 24
        for quarter, leads in self._due.items():
            by_hour[moment_at(quarter * _QUARTER_US).astimezone(self._policy.roster.timezone).hour] += leads
        return tuple(by_hour)

    def _renew(self, slot: ActionSlot, now_us: int) -> None:
        """Compute the slot's rotation and outcome slots anew, by `placement`, from `now_us` on."""
        start, slot.until = self._changes.stretch(now_us, slot.sla)
        slot.version = self._version
        who = (
            None
            if slot.team is None
            else (self._presence_classes.of(slot.team, start), self._full(slot.team, now_us))
        )
        if who in slot.known:
            slot.rotation, slot.outcome_slots = slot.known[who]
            return
        placement = self._placed(slot, self._context(slot, moment_at(now_us)))
        outcome = placement.outcome
        if placement.how not in ("turn", "load") or not isinstance(outcome, Assigned) or outcome.team is None:
            slot.rotation = None
            slot.outcome_slots = [self._outcome_slot(placement, slot)]
            return
        slot.rotation = self._rotation_of(outcome.team, placement)
        slot.outcome_slots = [
            self._outcome_slot(replace(placement, outcome=self._to(share.rep, outcome.team)), slot)
            for share in placement.shares
        ]
        if who is not None and placement.detour is None:
            slot.known[who] = slot.rotation, slot.outcome_slots

    def _full(self, team: str, now_us: int) -> tuple[str, ...]:
        """The reps of the team who have reached their daily limit."""
        if not self._capped[team]:
            return ()
        day = moment_at(now_us).astimezone(self._policy.roster.timezone).date()
        counted = self._counted
        return tuple(rep for rep, most in self._capped[team] if counted.get(today_field(day, rep), 0) >= most)

    def _context(self, slot: ActionSlot, now: datetime) -> DecisionContext:
        world = World(Book(self._counted), self._owners, now)
        return DecisionContext.of(self._compiled, slot.asked, world, _REQUEST, sla=slot.sla)

    def _placed(self, slot: ActionSlot, context: DecisionContext) -> Placement:
        match slot.rule.action:
            case Assign() as action:
                return place(self._policy, action, context)
            case Nurture(workflow, sets):
                return Placement(Nurtured(sets=sets, workflow=workflow))
            case _:
                return Placement(LeftAlone())

    def _rotation_of(self, team: str, placement: Placement) -> FastRotation | SlowRotation:
        """The rotation, shared by all leads with the same method, eligible reps and absent reps."""
        reps = tuple(share.rep for share in placement.shares)
        key = (team, placement.how, reps, tuple(share.rep for share in placement.away))
        if key not in self._rotation:
            shared, balances = self._policy.roster.teams[team], self._balances[team]
            places = [shared.reps.index(rep) for rep in reps]
            weights = [share.weight for share in placement.shares]
            self._rotation[key] = (
                FastRotation(balances, places=places, weights=weights)
                if placement.how == "turn" and shared.fair_by == "count" and not placement.away
                else SlowRotation(
                    balances,
                    places=places,
                    weights=weights,
                    reps=reps,
                    by_value=shared.fair_by == "value",
                    open_leads=self._open_leads if placement.how == "load" else None,
                    catch_up=shared.catch_up,
                    away=[(shared.reps.index(share.rep), share.weight) for share in placement.away],
                )
            )
        return self._rotation[key]

    def _open_leads(self, rep: str) -> int:
        return self._counted.get(open_field(rep), 0)

    def _to(self, rep: str, team: str) -> Assigned:
        return Assigned(rep=rep, owner_id=self._owners[self._compiled.reps[rep].email].id, team=team)

    def _outcome_slot(self, placement: Placement, slot: ActionSlot) -> int:
        outcome = placement.outcome
        key = (
            outcome if isinstance(outcome, Assigned | Queued) else (type(outcome), slot.rule.line),
            placement.how,
            placement.detour,
            slot.sla,
        )
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.outcome_slots)
            self.outcome_slots.append(
                OutcomeSlot(replace(placement, shares=(), away=(), passed_over=(), changes={}), slot.sla)
            )
            self._schedule_of.append(self._schedule(outcome, slot.sla))
            rep = None
            if isinstance(outcome, Assigned) and outcome.rep is not None:
                rep = self._policy.roster.reps[outcome.rep]
            if rep is not None and rep.max_per_day is None and rep.name not in self._load_decides:
                rep = None
            self._watched.append(rep)
        return number

    def _schedule(self, outcome: Outcome, sla: timedelta) -> DueSchedule | None:
        match outcome:
            case Assigned(rep=rep):
                return self._schedules.of_rep(rep, sla)
            case Queued(team=team):
                return self._schedules.of_queue(team, sla)
            case _:
                return None

    def _count(self, rep: Rep | None, now_us: int) -> None:
        """Count one more lead for a rep with a daily limit, or whose load decides."""
        if rep is None:
            return
        held = open_field(rep.name)
        self._counted[held] = self._counted.get(held, 0) + 1
        if rep.max_per_day is None:
            return
        day = moment_at(now_us).astimezone(self._policy.roster.timezone).date()
        name = today_field(day, rep.name)
        self._counted[name] = self._counted.get(name, 0) + 1
        if self._counted[name] >= rep.max_per_day:
            self._version += 1
