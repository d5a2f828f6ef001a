"""What a rule asks of a lead, and whether a lead answers it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from router.policy.leads.lead import Value
from router.policy.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    IsKnown,
    Matcher,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    Within,
    as_written,
    first_failure,
    holds,
)
from tests.world.policies import NOW, asks

D = Decimal
DAY = timedelta(days=1)


def one_of(*values: str | Decimal | bool | date) -> OneOf:
    return OneOf(frozenset(values))


@pytest.mark.parametrize(
    ("matcher", "value", "expected"),
    [
        (one_of("FR", "BE"), "FR", True),
        (one_of("FR", "BE"), "fr", False),
        (one_of("crm"), frozenset({"crm", "bi"}), True),
        (one_of("crm"), frozenset({"bi"}), False),
        (one_of(D(50)), D("50.0"), True),
        (one_of(True), True, True),
        (one_of(True), False, False),
        (one_of(date(2026, 11, 24)), NOW, True),
        (one_of(date(2026, 11, 24)), date(2026, 11, 24), True),
        (Between(low=D(200)), D(200), True),
        (Between(low=D(50), high=D(199)), D("199.5"), False),
        (Between(low=D(50), below=D(200)), D("199.5"), True),
        (Between(below=D(200)), D(200), False),
        (Between(high=D(49)), D(49), True),
        (Between(high=DAY), timedelta(hours=3), True),
        (Between(low=date(2026, 11, 24)), NOW, True),
        (Between(below=date(2026, 11, 24)), NOW, False),
        (Between(low=NOW), date(2026, 11, 24), False),
        (IsKnown(), "x", True),
        (Unknown(), "x", False),
        (Contains(("dg",)), "DG", True),
        (Contains(("dg",)), "Responsable budget", False),
        (Contains(("gérant*",)), "Co-GERANTE", True),
        (Contains(("direct*", "daf")), "DAF", True),
        (Contains(("chef de proj*",)), "Chef de projet senior", True),
        (Contains(("cœur",)), "coeur", True),
        (Contains(("direct",)), "Directrice", False),
        (Within(7 * DAY), NOW - 7 * DAY, True),
        (Within(7 * DAY), NOW - 7 * DAY - timedelta(seconds=1), False),
        (Within(7 * DAY), NOW + timedelta(seconds=30), True),
        (Within(7 * DAY), NOW + DAY, False),
        (Within(DAY), date(2026, 11, 24), True),
    ],
)
def test_a_matcher_answers_a_value(matcher: Matcher, value: Value, expected: bool) -> None:
    test = Test("thing", matcher, "")

    assert holds(test, {"thing": value}, now=NOW) is expected
    assert holds(NoneOf((test,)), {"thing": value}, now=NOW) is not expected


@pytest.mark.parametrize(
    "matcher",
    [one_of("x"), Between(), Between(low=D(1)), IsKnown(), Contains(("x",)), Within(DAY)],
    ids=lambda matcher: type(matcher).__name__,
)
def test_missing_never_satisfies_a_positive_test_and_satisfies_not(matcher: Matcher) -> None:
    test = Test("thing", matcher, "")

    assert not holds(test, {}, now=NOW)
    assert holds(NoneOf((test,)), {}, now=NOW)


def test_missing_is_unknown() -> None:
    assert holds(Test("thing", Unknown(), ""), {}, now=NOW)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ALWAYS, True),
        (AllOf((asks("a", "1"), asks("b", "2"))), True),
        (AllOf((asks("a", "1"), asks("b", "2"), asks("c", "3"))), False),
        (AnyOf((asks("a", "0"), asks("b", "2"))), True),
        (AnyOf(()), False),
        (NoneOf((asks("a", "0"), asks("b", "2"))), False),
        (NoneOf((asks("a", "0"), asks("b", "0"))), True),
    ],
)
def test_groups_combine_their_parts(condition: Condition, expected: bool) -> None:
    assert holds(condition, {"a": "1", "b": "2"}, now=NOW) is expected


def test_the_first_failing_part_explains_a_no() -> None:
    first, second, third = asks("a", "1"), asks("b", "0"), asks("c", "3")
    condition = AllOf((first, AllOf((second, third))))

    assert first_failure(condition, {"a": "1", "b": "2"}, now=NOW) is second
    assert first_failure(condition, {"a": "1", "b": "0", "c": "3"}, now=NOW) is None


def test_a_group_of_which_none_fits_fails_as_a_whole() -> None:
    group = AnyOf((asks("a", "0"), asks("b", "0")))

    failure = first_failure(AllOf((asks("a", "1"), group)), {"a": "1"}, now=NOW)

    assert failure is group
    assert as_written(group) == "any of (a: 0 | b: 0)"


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    seen = datetime(2026, 11, 17, 9, 15, tzinfo=UTC)

    assert holds(Test("seen", Within(7 * DAY), ""), {"seen": seen}, now=NOW)
