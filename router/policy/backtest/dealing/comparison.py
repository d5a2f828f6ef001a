"""The comparison of two sets of rules on the same leads: changes for leads, reps and hours of the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, Literal

import numpy as np
from msgspec import Struct

from router.policy.backtest.dealing.dealing import Dealt
from router.policy.backtest.dealing.replay import ReplayedLeads
from router.policy.backtest.judging.columns import moment_at
from router.policy.backtest.judging.numbering import Ints
from router.policy.decision.decision import Assigned, LeftAlone, Nurtured, Outcome, Queued

EXAMPLES: Final = 10


class Place(Struct, frozen=True):
    """The destination of a lead: a team, a team's queue, a named rep, an owner, nurture, or nobody."""

    kind: Literal["team", "queue", "rep", "owner", "nurture", "nobody"]
    name: str = ""

    def __str__(self) -> str:
        words = {"queue": f"queue of {self.name}", "owner": f"owner {self.name}", "nobody": "nobody"}
        if self.kind == "nurture":
            return f"nurture ({self.name})" if self.name else "nurture"
        return words.get(self.kind, self.name)


class LeadFlow(Struct, frozen=True):
    """The number of leads that went to the place `before` and go to the place `after`."""

    before: str
    after: str
    leads: int


class CountChange(Struct, frozen=True):
    """A count of leads under the rules before and after."""

    before: int
    after: int


class Stop(Struct, frozen=True):
    """The destination of one lead under one set of rules; `reason` is the sentence for its record."""

    place: str
    rep: str | None
    rule: str
    reason: str


class Example(Struct, frozen=True):
    """One lead that goes to another place; `lead` is its place in the order of arrival, from 0."""

    lead: int
    arrived: datetime
    before: Stop
    after: Stop


class Comparison(Struct, frozen=True):
    """The comparison of the same leads under the rules before and after.

    `moved`: leads that go to another place. `other_rep`: leads that stay in their team but go to another
    rep. `unrouted`: leads taken only by the catch-all. `queued`: all leads in a queue. `unwanted`: leads
    in a queue because nobody was eligible. `due_by_hour`: leads by local hour (0 to 23) of the due time.
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
    """The rep who gets the lead, or `owner <id>` for an owner who is no rep; None for nobody."""
    if not isinstance(outcome, Assigned):
        return None
    return outcome.rep or f"owner {outcome.owner_id}"


def compare(before: ReplayedLeads, after: ReplayedLeads, *, arrived: Ints) -> Comparison:
    """The comparison of two replays of the same leads; `arrived` is in µs since 1970, ascending."""
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
    """The number of leads for each pair of outcome slots (before, after), in order of first arrival."""
    many = len(after.outcome_slots)
    keys, firsts, leads = np.unique(
        before.outcome_slot_of * many + after.outcome_slot_of, return_index=True, return_counts=True
    )
    order = np.argsort(firsts)
    pairs = (divmod(key, many) for key in keys[order].tolist())
    return Counter(dict(zip(pairs, leads[order].tolist(), strict=True)))


def _moves(counted: Counter[tuple[str, str]]) -> tuple[LeadFlow, ...]:
    return tuple(LeadFlow(before, after, leads) for (before, after), leads in counted.most_common())


class _Counted(Struct, frozen=True):
    """The reps under one set of rules, and the number of leads with each outcome."""

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
        """The number of leads by rep or owner."""
        found = Counter[str]()
        for outcome, leads in self.outcomes:
            taker = taker_of(outcome)
            if taker is not None:
                found[taker] += leads
        return found


def _by_rep(before: _Counted, after: _Counted) -> dict[str, CountChange]:
    """The number of leads per rep, in the order of team.yaml; reps without leads are included."""
    old, new = before.takers(), after.takers()
    everyone = dict.fromkeys([*after.reps, *before.reps, *sorted(old | new)])
    return {rep: CountChange(old[rep], new[rep]) for rep in everyone}


def _change(before: _Counted, after: _Counted, counts: Callable[[Outcome], bool]) -> CountChange:
    old, new = (sum(leads for outcome, leads in side.outcomes if counts(outcome)) for side in (before, after))
    return CountChange(old, new)


def _unrouted(replayed: ReplayedLeads) -> int:
    """The number of leads taken by the last rule, the catch-all."""
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
    """Up to ten leads that move: the first of each of the commonest moves, then the second, and so on."""
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
    in_rounds = (leads[nth] for nth in range(EXAMPLES) for leads in found.values() if nth < len(leads))
    return [lead for lead, _ in zip(in_rounds, range(EXAMPLES), strict=False)]
