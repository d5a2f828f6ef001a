"""What everybody received, what was fair, and why a lead passed somebody by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.policy.decision.decision import Decision
from router.policy.decision.inputs import Inputs
from router.policy.decision.trigger import Released, Revised
from router.policy.people.roster import Roster, TimeOff
from router.policy.reports.fairness import ShareReport, counts, gave_back, paid_on, standings
from router.policy.reports.sums.curves import curves_of
from router.policy.reports.sums.missed_sums import missed_sums_of
from router.policy.reports.sums.share_sums import sums_of
from router.policy.rules.policy import Assign, ToTeam
from router.policy.shares.share_book import LEAD, Book, closed, credit_field, open_field
from tests.world.policies import NOW, PARIS, a_lead, a_policy, a_rep, a_team, deciding, office_hours

DAY = timedelta(days=1)


def dealt(
    roster: Roster, *, leads: int, every: timedelta = timedelta(hours=1), book: Book | None = None
) -> tuple[list[Decision], Book]:
    """Decisions by fair share, one after the other from `NOW` on, and the book after them."""
    policy, decisions, book = a_policy(otherwise=Assign(ToTeam("sales")), roster=roster), [], book or Book()
    for number in range(leads):
        decision = deciding(policy, a_lead(str(number)), book=book, now=NOW + number * every)
        decisions.append(replace(decision, score=10))
        book = book.apply(decision.book_changes)
    return decisions, book


def by_rep(found: Sequence[ShareReport]) -> dict[str, ShareReport]:
    return {one.rep: one for one in found}


def test_received_fair_share_and_difference_add_up() -> None:
    team = a_team(a_rep("anna", weight=2), a_rep("ben"))
    decisions, book = dealt(team, leads=10)

    found = by_rep(standings(sums_of(decisions), roster=team, book=book))

    assert (found["anna"].received, found["ben"].received) == (7, 3)
    assert found["anna"].fair_share == pytest.approx(20 / 3)
    assert found["anna"].difference == pytest.approx(7 - 20 / 3)
    assert found["anna"].before == pytest.approx(0, abs=1e-8)
    assert (found["anna"].value, found["anna"].bound, found["anna"].beyond) == (70, 1, False)
    assert sum(one.difference for one in found.values()) == pytest.approx(0, abs=1e-8)


def test_what_a_rep_had_before_is_carried_over() -> None:
    team = a_team(a_rep("anna"), a_rep("ben"))
    owed = Book({credit_field("sales", "anna"): LEAD, credit_field("sales", "ben"): -LEAD})
    decisions, book = dealt(team, leads=2, book=owed)

    anna = by_rep(standings(sums_of(decisions), roster=team, book=book))["anna"]

    assert (anna.before, anna.received, anna.fair_share, anna.difference) == (-1, 2, 1, 0)
    assert anna.bound == 2


def test_an_absent_rep_neither_earns_nor_owes_and_the_days_are_counted() -> None:
    leave = TimeOff("ben", NOW.date(), NOW.date() + 2 * DAY)
    team = a_team(a_rep("anna"), a_rep("ben"), time_off=(leave,))
    decisions, book = dealt(team, leads=10, every=DAY / 2)

    ben = by_rep(standings(sums_of(decisions), roster=team, book=book))["ben"]

    assert ben.days_away == 3
    assert ben.fair_share == pytest.approx(sum(1 for one in decisions if not one.passed_over) / 2)
    assert abs(ben.difference) < 1


def test_the_longest_wait_counts_the_leads_that_went_to_others() -> None:
    team = a_team(a_rep("anna", weight=4), a_rep("ben", weight=1))
    decisions, book = dealt(team, leads=20)

    ben = by_rep(standings(sums_of(decisions), roster=team, book=book))["ben"]

    assert ben.longest_wait == 4


def test_further_away_than_the_bound_is_beyond() -> None:
    team = a_team(a_rep("anna"), a_rep("ben"))
    decisions, book = dealt(team, leads=2)

    found = by_rep(
        standings(
            sums_of(decisions),
            roster=team,
            book=book.apply(
                {credit_field("sales", "anna"): 3 * LEAD, credit_field("sales", "ben"): -3 * LEAD}
            ),
        )
    )

    assert (found["anna"].difference, found["ben"].difference) == (-3, 3)
    assert found["anna"].beyond and found["ben"].beyond


def test_credit_that_was_granted_is_no_lead_beyond_the_bound() -> None:
    team = a_team(a_rep("anna"), a_rep("ben"))
    decisions, book = dealt(team, leads=4)
    book = book.apply(
        {credit_field("sales", "anna"): 3 * LEAD // 2, credit_field("sales", "ben"): -3 * LEAD // 2}
    )

    anna = by_rep(standings(sums_of(decisions), roster=team, book=book))["anna"]

    assert (anna.difference, anna.before, anna.bound, anna.beyond) == (-1.5, -1.5, 2, False)


def test_a_rep_who_left_the_team_is_still_told() -> None:
    decisions, book = dealt(a_team(a_rep("anna"), a_rep("ben")), leads=4)

    found = standings(sums_of(decisions), roster=a_team(a_rep("ben"), a_rep("carl")), book=book)

    assert [(one.rep, one.received) for one in found] == [("ben", 2), ("carl", 0), ("anna", 2)]


def test_why_leads_passed_a_rep_by_is_told_by_day_and_reason() -> None:
    leave = TimeOff("ben", NOW.date(), NOW.date() + DAY)
    team = a_team(a_rep("anna"), a_rep("ben", max_open_leads=1), time_off=(leave,))
    decisions, _book = dealt(team, leads=12, every=DAY / 3)

    lines = missed_sums_of(decisions).lines("ben", weights={"sales": 1000}, timezone=PARIS)

    assert [(one.first, one.last, one.reason) for one in lines] == [
        (date(2026, 11, 24), date(2026, 11, 25), "on leave until 25 Nov"),
        (date(2026, 11, 26), date(2026, 11, 28), "at capacity (max_open_leads)"),
    ]
    assert [one.parts for one in lines] == [one.leads / 2 for one in lines]
    assert sum(one.leads for one in lines) == sum(1 for one in decisions if one.passed_over)


def test_the_same_reason_weeks_later_is_another_line() -> None:
    team = a_team(a_rep("anna"), a_rep("ben", max_open_leads=0))
    decisions, _book = dealt(team, leads=3, every=10 * DAY)

    assert [
        one.leads for one in missed_sums_of(decisions).lines("ben", weights={"sales": 1000}, timezone=PARIS)
    ] == [
        1,
        1,
        1,
    ]


def test_differences_over_time_end_where_the_book_stands() -> None:
    team = a_team(a_rep("anna", weight=2), a_rep("ben"))
    decisions, book = dealt(team, leads=7)

    lines = curves_of(decisions).of(team="sales")

    assert {rep: round(-line[-1].difference * LEAD) for rep, line in lines.items()} == {
        rep: book.credit("sales", rep) for rep in ("anna", "ben")
    }
    assert len(lines["ben"]) == 7


def test_a_lead_that_went_another_way_counts_for_nobody() -> None:
    team = a_team(a_rep("anna", max_open_leads=1))
    decisions, book = dealt(team, leads=3)

    (anna,) = standings(sums_of(decisions), roster=team, book=book)

    assert book.value(open_field("anna")) == 1 and closed("anna")
    assert (anna.received, anna.fair_share) == (1, 1)


def test_shifts_of_a_week_are_one_line_whatever_the_hour() -> None:
    nights = office_hours("01:00", "02:00")
    team = a_team(a_rep("anna"), a_rep("ben", hours=nights))
    decisions, _book = dealt(team, leads=8, every=DAY / 2)

    lines = missed_sums_of(decisions).lines("ben", weights={"sales": 1000}, timezone=PARIS)

    assert [(one.first, one.last, one.reason) for one in lines] == [
        (date(2026, 11, 24), date(2026, 11, 27), "outside of working hours")
    ]


def test_a_released_lead_counts_for_nobody() -> None:
    team = a_team(a_rep("anna"), a_rep("ben"))
    decisions, book = dealt(team, leads=4)
    given = decisions[1]
    trigger = Released("ben", "sales", "wrong region", given.book_changes)
    back = deciding(
        a_policy(otherwise=Assign(ToTeam("sales")), roster=team), a_lead("1"), episode=1, trigger=trigger
    )
    book = book.apply(back.book_changes)

    known = [*decisions, replace(back, inputs=Inputs(trigger=trigger))]
    given_back = gave_back(known, ended=())
    counted = [one for one in known if counts(one, ended=(), given_back=given_back)]

    found = by_rep(standings(sums_of(counted), roster=team, book=book))
    assert given not in counted
    assert (found["anna"].received, found["ben"].received) == (2, 1)
    assert all(one.before == pytest.approx(0, abs=1e-8) for one in found.values())


@pytest.mark.parametrize("ended", [(), ("0-1-x",)])
def test_a_revised_lead_counts_for_its_last_rep_only(ended: tuple[str, ...]) -> None:
    team = a_team(a_rep("anna"), a_rep("ben"))
    (first,), book = dealt(team, leads=1)
    trigger = Revised("owner-anna", "anna", ("country",), paid=first.book_changes)
    moved = deciding(
        a_policy(otherwise=Assign(ToTeam("sales")), roster=team),
        a_lead("0"),
        book=book,
        episode=1,
        trigger=trigger,
        excluded=frozenset({"anna"}),
    )
    moved = replace(moved, id="0-1-x", inputs=Inputs(trigger=trigger))

    given_back = gave_back([first, moved], ended=ended)
    counted = [one for one in (first, moved) if counts(one, ended=ended, given_back=given_back)]

    assert counted == ([] if ended else [moved]), "a revision that was refunded itself brings nothing back"
    if counted:
        found = by_rep(standings(sums_of(counted), roster=team, book=book.apply(moved.book_changes)))
        assert (found["anna"].received, found["ben"].received) == (0, 1)
        assert found["ben"].before == pytest.approx(0, abs=1e-8)
        ends = curves_of(counted).of(team="sales")["ben"]
        assert ends[-1].difference == pytest.approx(found["ben"].difference)


def test_a_lead_that_stays_at_the_same_cost_brings_nothing_back() -> None:
    team = a_team(a_rep("anna"), a_rep("ben"))
    (first,), book = dealt(team, leads=1)
    trigger = Revised("owner-anna", "anna", ("country",), paid=first.book_changes)
    policy = a_policy(otherwise=Assign(ToTeam("sales")), roster=team)

    def revised(**given: Any) -> Decision:
        decision = deciding(policy, a_lead("0"), book=book, episode=1, trigger=trigger, **given)
        return replace(decision, inputs=Inputs(trigger=trigger))

    stays, goes = revised(), revised(excluded=frozenset({"anna"}))

    assert paid_on([first, stays]) == gave_back([first, stays], ended=()) == {("live", "0", 0)}
    assert paid_on([first, goes]) == frozenset()
