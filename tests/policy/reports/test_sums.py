"""Sums of parts, stored and added up in order, give the report that all decisions give."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.decision.decision import Decision
from router.policy.explanation.decision_record import from_record, shares_from_record
from router.policy.people.roster import Roster, Team
from router.policy.reports.bounds import Bound
from router.policy.reports.fairness import standings
from router.policy.reports.sums.curves import Curves, curves_of, curves_of_record
from router.policy.reports.sums.missed_sums import MissedSums, missed_sums_of
from router.policy.reports.sums.share_sums import ShareSums, share_sums_of, sums_of
from router.policy.shares.share_book import Book
from tests.world import plain_fairness
from tests.world.policies import a_rep
from tests.world.random_decisions import REPS, random_decisions

SINCE = datetime(2026, 3, 20, 7, tzinfo=UTC)
BOOK = Book({"credit:sales:anna": 1_500_000_000, "points:care:dora": -7})
BOUNDS = {"sales": Bound("leads"), "care": Bound("points")}
ZONES = ("Europe/Paris", "Pacific/Auckland", "Asia/Kathmandu", "America/St_Johns")


def a_roster(zone: str) -> Roster:
    reps = [a_rep(name) for names in REPS.values() for name in names]
    return Roster(
        timezone=ZoneInfo(zone),
        reps={one.name: one for one in reps},
        teams={name: Team(name, members) for name, members in REPS.items()},
    )


def parts_of(random: Random, decisions: Sequence[Decision]) -> list[Sequence[Decision]]:
    """The decisions cut at some midnights (UTC)."""
    days = sorted({one.decided_at.date() for one in decisions})
    cuts = [day for day in days if random.random() < 0.6]
    edges = [date.min, *cuts, date.max]
    return [
        [one for one in decisions if first <= one.decided_at.date() < end] for first, end in pairwise(edges)
    ]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), leads=st.integers(0, 60), zone=st.sampled_from(ZONES))
def test_stored_sums_of_days_give_the_report_of_all_decisions(seed: int, leads: int, zone: str) -> None:
    random, roster = Random(seed), a_roster(zone)
    records = random_decisions(random, leads=leads, since=SINCE, days=12)
    decisions = [from_record(one) for one in records]
    light = [shares_from_record(one) for one in records]
    sums, missed, curves = ShareSums(), {rep: MissedSums() for rep in roster.reps}, Curves()
    for part in parts_of(random, light):
        sums.add(share_sums_of(orjson.loads(orjson.dumps(sums_of(part).as_record()))))
        stored = orjson.loads(orjson.dumps(missed_sums_of(part).as_record()))
        for rep, one in missed.items():
            one.add_record(stored, rep=rep)
        curves.add(curves_of_record(orjson.loads(orjson.dumps(curves_of(part).as_record()))))

    plainly = plain_fairness.standings(decisions, roster=roster, book=BOOK, bounds=BOUNDS)
    assert standings(sums, roster=roster, book=BOOK, bounds=BOUNDS) == plainly
    for rep, one in missed.items():
        weights = {"sales": 1000, "care": 300}
        found = one.lines(rep, weights=weights, timezone=roster.timezone)
        expected = plain_fairness.missed(decisions, rep, weights=weights, timezone=roster.timezone)
        assert [line.parts for line in found] == pytest.approx([line.parts for line in expected], rel=1e-12)
        assert [(line.first, line.last, line.team, line.reason, line.leads) for line in found] == [
            (line.first, line.last, line.team, line.reason, line.leads) for line in expected
        ]
    for team, unit in (("sales", "leads"), ("care", "points")):
        assert curves.of(team=team, unit=unit) == plain_fairness.differences(  # type: ignore[arg-type]
            decisions,
            team=team,
            unit=unit,  # type: ignore[arg-type]
        )


def test_a_thinned_curve_keeps_the_extremes_of_each_day() -> None:
    records = random_decisions(Random(3), leads=200, since=SINCE, days=2)
    curves = curves_of(map(shares_from_record, records))

    whole, thin = curves.of(team="sales")["anna"], curves.thinned().of(team="sales")["anna"]

    for day in {point.at.date() for point in whole}:
        of_day = [one for one in whole if one.at.date() == day]
        kept = [one for one in thin if one.at.date() == day]
        assert (kept[0], kept[-1]) == (of_day[0], of_day[-1])
        values = [one.difference for one in of_day]
        assert {min(values), max(values)} <= {one.difference for one in kept}
    assert len(thin) <= 4 * 3 < len(whole)
    assert curves.thinned().thinned() == curves.thinned()


def test_a_part_of_a_day_can_be_added_to_the_rest_of_it() -> None:
    random, roster = Random(5), a_roster("Europe/Paris")
    decisions = [shares_from_record(one) for one in random_decisions(random, leads=40, since=SINCE, days=3)]
    missed = missed_sums_of(decisions[:17])
    missed.add(missed_sums_of(decisions[17:]))

    weights, zone = {"sales": 1000}, roster.timezone
    for rep in roster.reps:
        whole = missed_sums_of(decisions).lines(rep, weights=weights, timezone=zone)
        assert missed.lines(rep, weights=weights, timezone=zone) == whole
    assert timedelta(0) < decisions[-1].decided_at - decisions[0].decided_at
