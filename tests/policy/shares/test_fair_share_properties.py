"""What fair share promises for any team, any weights and any absences."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD, Book, credit_field, last_field, served_field

TEAM = "sales"
quick = settings(max_examples=120, deadline=None)


class Dealing:
    """Deals leads to reps 0, 1, 2 … and keeps the exact share that each should have had."""

    def __init__(self, weights: Sequence[int]) -> None:
        self.weights = weights
        self.fields: dict[str, int] = {}
        self.got = [0] * len(weights)
        self.share = [Fraction(0)] * len(weights)

    def shares(self, eligible: Sequence[int]) -> list[Share]:
        return [
            Share(
                str(rep),
                self.weights[rep] * 1000,
                self.fields.get(credit_field(TEAM, str(rep)), 0),
                self.fields.get(last_field(TEAM, str(rep)), 0),
            )
            for rep in eligible
        ]

    def deal(self, eligible: Sequence[int]) -> int:
        shares = self.shares(eligible)
        winner = next_up(shares)
        for name, change in pay(shares, winner, team=TEAM, book=Book(self.fields)).items():
            self.fields[name] = self.fields.get(name, 0) + change
        total = sum(self.weights[rep] for rep in eligible)
        for rep in eligible:
            self.share[rep] += Fraction(self.weights[rep], total)
        self.got[int(winner)] += 1
        return int(winner)

    def credits(self) -> list[int]:
        return [self.fields.get(credit_field(TEAM, str(rep)), 0) for rep in range(len(self.weights))]

    def deviation(self) -> Fraction:
        return max(abs(share - got) for share, got in zip(self.share, self.got, strict=True))


weights_of_a_team = st.one_of(
    st.lists(st.integers(1, 1000), min_size=1, max_size=50),
    st.lists(st.integers(1, 5), min_size=1, max_size=12),
    st.tuples(st.integers(1, 1000), st.integers(0, 49)).map(lambda one: [one[0]] + [1] * one[1]),
)


@quick
@given(weights_of_a_team, st.integers(20, 120))
def test_with_everyone_eligible_nobody_is_a_whole_lead_from_their_share(
    weights: list[int], leads: int
) -> None:
    dealing = Dealing(weights)
    everyone = range(len(weights))
    scale = sum(weights)

    for count in range(1, leads + 1):
        dealing.deal(everyone)

        # Whole numbers instead of fractions: count × weight − got × scale, in parts of a lead.
        worst = max(abs(count * weights[rep] - dealing.got[rep] * scale) for rep in everyone)
        assert worst < scale


@st.composite
def absences(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    weights = draw(st.lists(st.integers(1, 100), min_size=2, max_size=12))
    eligible = st.lists(st.sampled_from(range(len(weights))), min_size=1, unique=True).map(sorted)
    return weights, draw(st.lists(eligible, min_size=10, max_size=120))


@quick
@given(
    st.lists(st.integers(1, 100), min_size=2, max_size=40), st.integers(0), st.sampled_from([0.2, 0.5, 0.9])
)
def test_with_reps_away_at_random_nobody_is_more_than_two_leads_from_their_share(
    weights: list[int], seed: int, presence: float
) -> None:
    dealing, chance = Dealing(weights), random.Random(seed)
    everyone = range(len(weights))

    for _ in range(120):
        dealing.deal([rep for rep in everyone if chance.random() < presence] or everyone)

        assert all(abs(credit) <= 2 * LEAD for credit in dealing.credits())
    assert dealing.deviation() <= 2


@quick
@given(absences())
def test_credits_always_sum_to_zero_and_every_lead_is_served(
    team: tuple[list[int], list[list[int]]],
) -> None:
    weights, rounds = team
    dealing = Dealing(weights)

    for eligible in rounds:
        winner = dealing.deal(eligible)

        assert winner in eligible
        assert sum(dealing.credits()) == 0
    assert sum(dealing.got) == len(rounds) == dealing.fields[served_field(TEAM)]


@quick
@given(absences())
def test_a_credit_is_the_deviation_from_the_exact_share(
    team: tuple[list[int], list[list[int]]],
) -> None:
    weights, rounds = team
    dealing = Dealing(weights)

    for eligible in rounds:
        dealing.deal(eligible)

    for rep, credit in enumerate(dealing.credits()):
        exact = dealing.share[rep] - dealing.got[rep]
        assert abs(Fraction(credit, 10**9) - exact) <= Fraction(2 * len(rounds), 10**9)


@quick
@given(st.integers(0, 80), st.integers(0, 4), st.integers(5, 40))
def test_a_newcomer_or_returner_is_not_flooded(before: int, returner: int, after: int) -> None:
    dealing = Dealing([1] * 5)
    others = [rep for rep in range(5) if rep != returner]
    for _ in range(before):
        dealing.deal(others)

    winners = [dealing.deal(range(5)) for _ in range(after)]

    assert all(len(set(winners[i : i + 3])) > 1 for i in range(len(winners) - 2))


@quick
@given(st.data(), st.lists(st.integers(1, 1000), min_size=2, max_size=12), st.integers(0, 60))
def test_the_order_of_the_file_decides_ties_only(data: st.DataObject, weights: list[int], leads: int) -> None:
    dealing = Dealing(weights)
    for _ in range(leads):
        dealing.deal(range(len(weights)))
    shares = dealing.shares(range(len(weights)))

    winner = next_up(shares)
    other = next_up(data.draw(st.permutations(shares)))

    first, second = shares[int(winner)], shares[int(other)]
    assert (first.weight, first.last) == (second.weight, second.last)
    assert abs(first.credit - second.credit) <= 10
