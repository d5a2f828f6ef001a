"""What changes for the leads, the reps and the day when one set of rules replaces another?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import numpy as np

from router.policy.backtest.dealing.dealing import Dealt
from router.policy.backtest.dealing.replay import ReplayedLeads
from router.policy.backtest.judging.columns import moment_at
from router.policy.backtest.judging.numbering import Ints
from router.policy.decision.decision import Assigned, LeftAlone, Nurtured, Outcome, Queued

EXAMPLES: Final = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where rules send a lead: a team's turns, a team's queue, a rep or an owner by name, nurture, nobody."""

    kind: Literal["team", "queue", "rep", "owner", "nurture", "nobody"]
    name: str = ""

    def __str__(self) -> str:
        words = {"queue": f"queue of {self.name}", "owner": f"owner {self.name}", "nobody": "nobody"}
        if self.kind == "nurture":
            return f"nurture ({self.name})" if self.name else "nurture"
        return words.get(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class LeadFlow:
    """So many leads go `after` where they went `before`."""

    before: str
    after: str
    leads: int


@dataclass(frozen=True, slots=True)
class CountChange:
    """A count under the rules before and after."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Where one lead ends up under one set of rules, and why: the sentence for its record."""

    place: str
    rep: str | None
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Example:
    """One lead that moves. `lead` is its place in the order of arrival, from 0."""

    lead: int
    arrived: datetime
    before: Stop
    after: Stop


@dataclass(frozen=True, slots=True)
class Comparison:
    """Leads under the rules before and after.

    `moved` leads go to another place; `other_rep` ones stay in their team and its turns fall to another
    rep. `unrouted` ones are taken by the catch-all only; `unwanted` ones wait in a queue because nobody
    was eligible, and `queued` counts all that wait in one.
    """

    leads: int
    first: datetime
    last: datetime
    revisions: tuple[str, str]
    moved: int
    other_rep: int
    moves: tuple[LeadFlow, ...]
    rep_moves: tuple[LeadFlow, ...]
    reps: dict[str, CountChange]
    unrouted: CountChange
    queued: CountChange
    unwanted: CountChange
    nurtured: CountChange
    new_nurture: int
    left_alone: CountChange
    due_by_hour: tuple[CountChange, ...]
    examples: tuple[Example, ...]


def place_of(outcome: Outcome) -> Place:
    """The place that an outcome means."""
    match outcome:
        case Assigned(team=str(team)):
            return Place("team", team)
        case Assigned(rep=str(rep)):
            return Place("rep", rep)
        case Assigned(owner_id=owner_id):
            return Place("owner", owner_id)
        case Queued(team=team):
            return Place("queue", team)
        case Nurtured(workflow=workflow):
            return Place("nurture", workflow or "")
        case _:
            return Place("nobody")


def taker_of(outcome: Outcome) -> str | None:
    """The rep who has the lead, or the owner's id where the owner is no rep; None for nobody."""
    if not isinstance(outcome, Assigned):
        return None
    return outcome.rep or f"owner {outcome.owner_id}"


def compare(before: ReplayedLeads, after: ReplayedLeads, *, arrived: Ints) -> Comparison:
    """The difference between two replays of the same leads; `arrived` tells when (µs) each one came."""
    pairs = _pairs(before.dealt, after.dealt)
    moves, rep_moves = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    moved_pairs: dict[tuple[int, int], tuple[str, str]] = {}
    other_rep = new_nurture = 0
    for (old, new), leads in pairs.items():
        was, becomes = before.dealt.outcome_slots[old].outcome, after.dealt.outcome_slots[new].outcome
        old_place, new_place = str(place_of(was)), str(place_of(becomes))
        takers = taker_of(was) or old_place, taker_of(becomes) or new_place
        if old_place != new_place:
            moves[old_place, new_place] += leads
            moved_pairs[old, new] = old_place, new_place
        elif takers[0] != takers[1]:
            other_rep += leads
        if takers[0] != takers[1]:
            rep_moves[takers] += leads
        if isinstance(becomes, Nurtured) and not isinstance(was, Nurtured):
            new_nurture += leads
    leads = len(arrived)
    sides = _Counted.of(before, pairs, side=0), _Counted.of(after, pairs, side=1)
    return Comparison(
        leads=leads,
        first=moment_at(int(arrived[0])),
        last=moment_at(int(arrived[-1])),
        revisions=(before.policy.revision, after.policy.revision),
        moved=moves.total(),
        other_rep=other_rep,
        moves=_moves(moves),
        rep_moves=_moves(rep_moves),
        reps=_by_rep(*sides),
        unrouted=CountChange(_unrouted(before), _unrouted(after)),
        queued=_change(*sides, lambda outcome: isinstance(outcome, Queued)),
        unwanted=_change(*sides, lambda outcome: isinstance(outcome, Queued) and outcome.why is not None),
        nurtured=_change(*sides, lambda outcome: isinstance(outcome, Nurtured)),
        new_nurture=new_nurture,
        left_alone=_change(*sides, lambda outcome: isinstance(outcome, LeftAlone)),
        due_by_hour=tuple(map(CountChange, before.dealt.due_by_hour, after.dealt.due_by_hour)),
        examples=tuple(
            Example(
                lead=lead,
                arrived=moment_at(int(arrived[lead])),
                before=_stop(before, lead),
                after=_stop(after, lead),
            )
            for lead in _examples(before, after, moved_pairs, moves)
        ),
    )


def _pairs(before: Dealt, after: Dealt) -> Counter[tuple[int, int]]:
    """How many leads landed here and there, the pairs in the order in which they first came."""
    many = len(after.outcome_slots)
    keys, firsts, leads = np.unique(
        before.outcome_slot_of * many + after.outcome_slot_of, return_index=True, return_counts=True
    )
    order = np.argsort(firsts)
    pairs = (divmod(key, many) for key in keys[order].tolist())
    return Counter(dict(zip(pairs, leads[order].tolist(), strict=True)))


def _moves(counted: Counter[tuple[str, str]]) -> tuple[LeadFlow, ...]:
    return tuple(LeadFlow(before, after, leads) for (before, after), leads in counted.most_common())


@dataclass(frozen=True, slots=True)
class _Counted:
    """Under one set of rules: the reps, and how many leads had each outcome."""

    reps: Iterable[str]
    outcomes: Sequence[tuple[Outcome, int]]

    @classmethod
    def of(cls, replayed: ReplayedLeads, pairs: Counter[tuple[int, int]], *, side: Literal[0, 1]) -> _Counted:
        counts = Counter[int]()
        for pair, leads in pairs.items():
            counts[pair[side]] += leads
        return cls(
            replayed.policy.roster.reps,
            [
                (replayed.dealt.outcome_slots[outcome_slot].outcome, leads)
                for outcome_slot, leads in counts.items()
            ],
        )

    def takers(self) -> Counter[str]:
        """Leads by who has them."""
        found = Counter[str]()
        for outcome, leads in self.outcomes:
            taker = taker_of(outcome)
            if taker is not None:
                found[taker] += leads
        return found


def _by_rep(before: _Counted, after: _Counted) -> dict[str, CountChange]:
    """Leads per rep, in the order of team.yaml; reps who never get one are in it too."""
    old, new = before.takers(), after.takers()
    everyone = dict.fromkeys([*after.reps, *before.reps, *sorted(old | new)])
    return {rep: CountChange(old[rep], new[rep]) for rep in everyone}


def _change(before: _Counted, after: _Counted, counts: Callable[[Outcome], bool]) -> CountChange:
    old, new = (sum(leads for outcome, leads in side.outcomes if counts(outcome)) for side in (before, after))
    return CountChange(old, new)


def _unrouted(replayed: ReplayedLeads) -> int:
    """Leads that no rule but the last, the catch-all, has taken."""
    last = len(replayed.policy.rules) - 1
    by_kind = np.bincount(replayed.judged.kind_of).tolist()
    kinds = replayed.judged.kinds
    return sum(leads for kind, leads in zip(kinds, by_kind, strict=False) if kind.rule == last)


def _stop(replayed: ReplayedLeads, lead: int) -> Stop:
    outcome = replayed.outcome(lead)
    return Stop(str(place_of(outcome)), taker_of(outcome), replayed.rule(lead).name, replayed.reason(lead))


def _examples(
    before: ReplayedLeads,
    after: ReplayedLeads,
    moved: dict[tuple[int, int], tuple[str, str]],
    moves: Counter[tuple[str, str]],
) -> list[int]:
    """Ten leads that move: the first of each of the commonest moves, then second ones, and so on."""
    wanted = {move: EXAMPLES for move, _ in moves.most_common(EXAMPLES)}
    found: dict[tuple[str, str], list[int]] = {move: [] for move in wanted}
    old, new = before.dealt.outcome_slot_of.tolist(), after.dealt.outcome_slot_of.tolist()
    for lead, pair in enumerate(zip(old, new, strict=True)):
        if pair not in moved:
            continue
        move = moved[pair]
        if wanted.get(move):
            wanted[move] -= 1
            found[move].append(lead)
            if not any(wanted.values()):
                break
    slow_rotation = (leads[nth] for nth in range(EXAMPLES) for leads in found.values() if nth < len(leads))
    return [lead for lead, _ in zip(slow_rotation, range(EXAMPLES), strict=False)]
