"""A year of leads whose wins change the weights by which the next leads are shared out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from router.policy.people.roster import Team
from router.policy.results.follow_up import FollowUp
from router.policy.results.result_sums import result_sums_of
from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.performance_weights import UNCHANGED, performance_of, ripe_between, wins_of
from router.policy.shares.share import Share
from router.policy.shares.share_book import Book
from tests.world.policies import NOW

DAY = timedelta(days=1)
WEEKS = 50
LEADS_A_WEEK = 105


def a_year(rates: Sequence[float], *, seed: int) -> tuple[list[dict[str, int]], Counter[str]]:
    """The factors of each week, and how many leads everybody received in the last ten weeks."""
    chance = random.Random(seed)
    names = tuple(f"r{place}" for place in range(len(rates)))
    team, book = Team("sales", names, performance=timedelta(days=90)), Book()
    factors, told, follow_ups = dict.fromkeys(names, UNCHANGED), [], []
    late: Counter[str] = Counter()
    for week in range(WEEKS):
        for number in range(LEADS_A_WEEK):
            shares = [
                Share(
                    name,
                    factors[name],
                    book.credit("sales", name),
                    book.last("sales", name),
                )
                for name in names
            ]
            rep = next_up(shares)
            book = book.apply(pay(shares, rep, team="sales", book=book))
            late[rep] += week >= WEEKS - 10
            at = NOW + 7 * week * DAY + number * 7 * DAY / LEADS_A_WEEK
            is_won = chance.random() < rates[names.index(rep)]
            follow_ups.append(
                FollowUp(
                    f"{week}-{number}",
                    None,
                    "sales",
                    rep,
                    rep,
                    "rule",
                    "r1",
                    50,
                    at,
                    outcome="won" if is_won else None,
                    outcome_at=at + 5 * DAY if is_won else None,
                )
            )
        night = NOW + 7 * (week + 1) * DAY
        follow_ups = [one for one in follow_ups if one.assigned_at > night - 120 * DAY]
        first, last = ripe_between(team, now=night) or (night, night)
        ripe = [one for one in follow_ups if first <= one.assigned_at <= last]
        wins = wins_of(result_sums_of(ripe), team)
        factors = {one.rep: one.factor for one in performance_of(wins).reps}
        told.append(factors)
    return told, late


@pytest.mark.parametrize("seed", range(4))
def test_reps_who_do_not_differ_share_alike_the_whole_year(seed: int) -> None:
    told, late = a_year([0.15] * 7, seed=seed)

    assert all(0.9 <= factor / UNCHANGED <= 1.1 for week in told for factor in week.values())
    assert max(late.values()) - min(late.values()) <= 0.1 * LEADS_A_WEEK * 10 / 7


@pytest.mark.parametrize("seed", range(4))
def test_reps_who_differ_get_leads_in_that_order_and_nobody_is_starved(seed: int) -> None:
    """More leads are more evidence: what the weights do does not feed on itself."""
    told, late = a_year([0.08, 0.15, 0.15, 0.15, 0.15, 0.30], seed=seed)

    averages = {rep: sum(week[rep] for week in told[20:]) / len(told[20:]) / UNCHANGED for rep in told[0]}
    middle = [averages[f"r{place}"] for place in range(1, 5)]
    assert averages["r0"] < min(middle) and max(middle) < averages["r5"]
    assert late["r0"] < min(late[f"r{place}"] for place in range(1, 5)) < late["r5"]
    assert late["r0"] >= LEADS_A_WEEK * 10 / 6 / 4
    assert told[0] == dict.fromkeys(told[0], UNCHANGED)
