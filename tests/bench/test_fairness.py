"""The bench of fair distribution: ours keeps its promise, and the others behave as they are described."""

from __future__ import annotations

import random

import pytest

from bench.fairness import DUST, EVERYONE, METHODS, judge
from bench.peers import calcom, frappe, hubspot, odoo, ours
from bench.peers.streams import SCENARIOS, Arrival, Stream

CHANCE = random.Random(1)


def a_stream(*weights: float, leads: int, per_day: int = 40, **fields: object) -> Stream:
    everyone = frozenset(range(len(weights)))
    arrivals = tuple(Arrival(number // per_day, everyone) for number in range(leads))
    return Stream(weights, arrivals, **fields)  # type: ignore[arg-type]


def received(dealt: list[tuple[int, int, int]], *, reps: int) -> list[int]:
    return [sum(1 for _, rep, _ in dealt if rep == one) for one in range(reps)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ours_keeps_its_promise(scenario: str) -> None:
    stream = SCENARIOS[scenario](random.Random(21))

    figures = judge(stream, ours.deal(stream, CHANCE))

    assert figures.worst < (1 + DUST if scenario in EVERYONE else 2 + figures.unseen)
    assert figures.never == 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_by_value_nobody_is_further_away_than_the_largest_leads(scenario: str) -> None:
    stream = SCENARIOS[scenario](random.Random(21))

    figures = judge(stream, ours.deal_by_value(stream, CHANCE))

    assert figures.value <= figures.largest * (1 if scenario in EVERYONE else 2) + figures.unseen + DUST
    assert figures.never == 0


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_leads_only_to_those_who_can_take_them(method: str) -> None:
    stream = SCENARIOS["all at once"](random.Random(3))

    dealt = METHODS[method](stream, CHANCE)

    assert all(rep in stream.eligible(stream.arrivals[lead], day) for lead, rep, day in dealt)
    assert len({lead for lead, _, _ in dealt}) == len(dealt)


def test_a_share_is_paid_by_those_who_were_there() -> None:
    stream = a_stream(1, 1, 1, leads=2, away={0: frozenset({2})})

    figures = judge(stream, [(0, 0, 0), (1, 0, 0)])

    assert (figures.worst, figures.run, figures.wait) == (1, 2, 2)
    assert figures.lines[2] == (0, 0)


def test_what_people_take_is_given_back_once_it_is_seen() -> None:
    everyone = frozenset({0, 1})
    stream = Stream((1, 1), (Arrival(0, everyone),) * 6, taken={0: 2, 2: 4})

    dealt = ours.deal(stream, CHANCE)

    assert stream.unseen == 1
    assert judge(stream, dealt).at_the_end == 0
    assert [rep for _, rep, _ in dealt] == [0, 1, 0, 1, 0, 0]


def test_hubspot_begins_anew_with_the_first_rep_when_somebody_goes_on_leave() -> None:
    stream = a_stream(1, 1, 1, 1, leads=4, per_day=2, away={1: frozenset({3})})

    assert [rep for _, rep, _ in hubspot.deal(stream, CHANCE)] == [0, 1, 0, 1]


def test_odoo_never_serves_a_rep_of_fourteen_leads_a_month() -> None:
    stream = a_stream(14, 1186, leads=2400)  # 40 leads a day, 1,200 in 30 days

    assert received(odoo.deal(stream, CHANCE), reps=2)[0] == 0


def test_cal_com_floods_a_heavy_returner() -> None:
    away = {day: frozenset({0}) for day in range(10)}
    stream = a_stream(2, 1, 1, 1, 1, leads=600, away=away)

    assert judge(stream, calcom.deal(stream, CHANCE)).run > 50


def test_frappe_looks_at_open_tasks_and_not_at_weights() -> None:
    stream = a_stream(3, 1, leads=2400)

    heavy, light = received(frappe.deal(stream, random.Random(5)), reps=2)

    assert heavy < 1.5 * light
