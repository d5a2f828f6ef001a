"""What would have sent a lead elsewhere: the fewest changes, confirmed, and never missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, product
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.decision.trigger import Revised
from router.policy.explanation.destination import Wanted, wanted_named
from router.policy.leads.lead import Value
from router.policy.people.roster import Roster, Team, TimeOff
from router.policy.rules.conditions import (
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    IsKnown,
    NoneOf,
    OneOf,
    Within,
)
from router.policy.rules.policy import (
    Assign,
    DoNothing,
    Method,
    Need,
    Policy,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.policy.rules.scoring import GradeGrid, PointsLine, PointsTable, Scorecard, Scoring, Segment
from router.policy.shares.share_book import Book, open_field
from router.policy.why_not.other_values import ANY_OTHER, other_values
from router.policy.why_not.question import WhyNot, why_not
from router.policy.why_not.words import PHRASES, steps_of
from tests.world.policies import (
    NOW,
    PARIS,
    a_policy,
    a_rep,
    a_rule,
    a_world_and_request,
    asks,
    compiled,
    deciding_on,
)

LARGE = Between(low=Decimal(1000))


def a_company_of_two_teams() -> Roster:
    people = {name: a_rep(name) for name in ("anna", "ben", "chloe")}
    teams = {"sales": Team("sales", ("anna", "ben")), "key": Team("key", ("chloe",))}
    return Roster(timezone=PARIS, reps=people, teams=teams)


def asked(policy: Policy, facts: Mapping[str, Value], name: str, *, book: Book | None = None) -> WhyNot:
    wanted = wanted_named(policy, name)
    assert wanted is not None
    return why_not(compiled(policy), facts, wanted, *a_world_and_request(policy, book=book))


def changes(answer: WhyNot) -> dict[str, tuple[Value | None, Value | None]] | None:
    if answer.changes is None:
        return None
    return {change.fact: (change.before, change.after) for change in answer.changes}


TERRITORY = a_policy(
    a_rule("Jobs", asks("request", "job"), DoNothing(), line=1),
    a_rule("Key", AllOf((asks("country", "FR"), asks("size", LARGE))), Assign(ToTeam("key")), line=2),
    a_rule("France", asks("country", "FR"), Assign(ToTeam("sales")), line=3),
    roster=a_company_of_two_teams(),
    types={"request": "choice", "country": "choice", "size": "number"},
)


def test_one_fact_is_enough_where_one_is() -> None:
    answer = asked(TERRITORY, {"country": "FR", "size": Decimal(120)}, "key")

    assert changes(answer) == {"size": (Decimal(120), Decimal(1000))}
    assert answer.then is not None
    assert answer.then.rule == "Key"


def test_two_facts_where_one_is_not_enough() -> None:
    answer = asked(TERRITORY, {"country": "BE"}, "Key")

    assert changes(answer) == {"country": ("BE", "FR"), "size": (None, Decimal(1000))}


def test_a_rule_above_is_told_and_undone() -> None:
    answer = asked(TERRITORY, {"country": "FR", "size": Decimal(5000)}, "France")

    assert [road.taken_by for road in answer.roads] == ["Key"]
    assert changes(answer) == {"size": (Decimal(5000), Decimal(999))}


def test_a_lead_that_goes_there_needs_no_change() -> None:
    answer = asked(TERRITORY, {"country": "FR"}, "sales")

    assert answer.changes == ()
    assert answer.is_complete


def test_a_part_that_fails_is_told_as_written() -> None:
    answer = asked(TERRITORY, {"country": "BE"}, "France")

    assert [road.failed for road in answer.roads] == ["country: FR"]


def test_points_are_changed_where_a_rule_asks_for_the_segment() -> None:
    card = Scorecard(100, (PointsTable("request", (PointsLine(OneOf(frozenset({"demo"})), 60, "demo"),)),))
    grid = GradeGrid((("A", Between(low=Decimal(60))), ("B", Between())), (("1", Between()),))
    policy = a_policy(
        a_rule("Hot", asks("segment", "hot"), Assign(ToTeam("sales"))),
        scoring=Scoring(card, Scorecard(100, ()), grid),
        segments=(Segment("hot", asks("grade", "A1")), Segment("cold", None)),
        types={"request": "choice", "segment": "choice", "grade": "choice"},
        otherwise=Assign(ToTeam("sales"), method=Method.QUEUE),
    )

    answer = asked(policy, {"request": "quote"}, "Hot")

    assert changes(answer) == {"request": ("quote", "demo")}


def test_a_lead_from_abroad_loses_its_departement_along_the_way() -> None:
    policy = a_policy(
        a_rule("Paris", asks("departement", "75"), Assign(ToTeam("sales"))),
        a_rule("Germany", asks("country", "DE"), DoNothing()),
        types={"country": "choice", "departement": "choice"},
    )

    answer = asked(policy, {"country": "FR", "departement": "75"}, "Germany")

    assert answer.changes is not None
    assert [(change.fact, change.follows) for change in answer.changes] == [
        ("country", (("departement", None),))
    ]


def test_values_that_would_do_as_well_are_named() -> None:
    policy = a_policy(a_rule("North", asks("country", "NO", "SE", "DK"), DoNothing()),
                      types={"country": "choice"})  # fmt: skip

    answer = asked(policy, {"country": "FR"}, "North")

    assert answer.changes is not None
    assert (answer.changes[0].after, answer.changes[0].others) == ("DK", ("NO", "SE"))


def test_a_rep_whose_turn_is_later_learns_after_how_many_leads() -> None:
    roster = Roster(
        PARIS,
        {"anna": a_rep("anna", weight=3), "ben": a_rep("ben")},
        {"sales": Team("sales", ("anna", "ben"))},
    )
    policy = a_policy(a_rule("All", action=Assign(ToTeam("sales"))), roster=roster)

    answer = asked(policy, {}, "ben")

    assert answer.changes == ()
    assert answer.turns == 2


def test_a_rep_from_whom_the_lead_was_taken_learns_that_they_had_it() -> None:
    wanted = wanted_named(TERRITORY, "anna")
    assert wanted is not None

    world, request = a_world_and_request(TERRITORY, excluded=frozenset({"anna"}))
    answer = why_not(compiled(TERRITORY), {"country": "FR"}, wanted, world, request)

    assert answer.passed_over == "previous owner"
    assert answer.decision.passed_over[0].rep == "anna"


def test_a_rep_who_was_passed_over_learns_why() -> None:
    roster = Roster(
        PARIS,
        {"anna": a_rep("anna"), "ben": a_rep("ben", max_open_leads=5)},
        {"sales": Team("sales", ("anna", "ben"))},
    )
    policy = a_policy(a_rule("All", action=Assign(ToTeam("sales"))), roster=roster)

    answer = asked(policy, {}, "ben", book=Book({open_field("ben"): 5}))

    assert answer.passed_over == "at capacity 5/5"


def test_a_skill_that_the_lead_asked_for_is_undone_for_a_rep_without_it() -> None:
    roster = Roster(
        PARIS,
        {"anna": a_rep("anna", skills=("crm",)), "ben": a_rep("ben")},
        {"sales": Team("sales", ("ben", "anna"))},
    )
    needs = (Need("skill", from_fact="product"),)
    policy = a_policy(
        a_rule("All", action=Assign(ToTeam("sales"), needs=needs)), roster=roster, types={"product": "choice"}
    )

    answer = asked(policy, {"product": "crm"}, "ben")

    assert answer.passed_over == "lacks the skill crm"
    assert changes(answer) == {"product": ("crm", None)}


def test_an_account_of_ones_own_is_the_last_thing_proposed() -> None:
    policy = a_policy(
        a_rule("Account", asks("account_owner", IsKnown()), Assign(ToAccountOwner())),
        a_rule("Belgium", asks("country", "BE"), Assign(ToRep("ben"))),
        types={"country": "choice", "account_owner": "text"},
        otherwise=Assign(ToTeam("sales")),
        roster=a_company_of_two_teams(),
    )

    assert changes(asked(policy, {}, "chloe")) == {"account_owner": (None, "owner-chloe")}
    assert changes(asked(policy, {"country": "FR"}, "ben")) == {}


def test_having_had_the_contact_would_have_sent_it_there() -> None:
    policy = a_policy(
        a_rule("Back", asks("previous_owner", IsKnown()), Assign(ToPreviousOwner())),
        types={"previous_owner": "text"},
        otherwise=Assign(ToRep("anna")),
        roster=a_company_of_two_teams(),
    )

    answer = asked(policy, {}, "chloe")

    assert changes(answer) == {"previous_owner": (None, "owner-chloe")}


def test_where_nothing_leads_there_nothing_is_proposed() -> None:
    policy = a_policy(a_rule("All", action=DoNothing()), roster=a_company_of_two_teams())

    answer = asked(policy, {}, "chloe")

    assert answer.changes is None
    assert answer.is_complete
    assert answer.roads == ()


@pytest.mark.parametrize("name", ["nobody", "", "Fran"])
def test_a_name_that_is_nothing_is_nothing(name: str) -> None:
    assert wanted_named(TERRITORY, name) is None


@pytest.mark.parametrize(
    ("kind", "matcher", "current", "values"),
    [
        ("number", Between(low=Decimal(50), high=Decimal(199)), Decimal(10), [Decimal(50), None]),
        ("choice", OneOf(frozenset({"a", "b"})), "c", ["a", None]),
        ("choice", OneOf(frozenset({"a"})), "a", [ANY_OTHER]),
        ("choices", OneOf(frozenset({"a"})), frozenset({"b"}), [frozenset({"a", "b"})]),
        ("text", Contains(("direct*",)), None, ["direct"]),
        ("bool", OneOf(frozenset({True})), None, [True]),
        ("datetime", Within(timedelta(days=7)), NOW - timedelta(days=8), [NOW - timedelta(days=7)]),
    ],
)
def test_other_values_are_those_that_the_rules_see_differently(
    kind: str, matcher: object, current: Value | None, values: list[Value | None]
) -> None:
    found = other_values(kind, [matcher], current=current, now=NOW)  # type: ignore[list-item]

    assert [one.value for one in found][: len(values)] == values[: len(found)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_answer_is_told_in_both_languages(language: str) -> None:
    answer = asked(TERRITORY, {"country": "FR", "size": Decimal(120)}, "key")

    steps = steps_of(answer, TERRITORY, language=language, owners={})

    space = " " if language == "fr" else ""
    assert steps[1].lines[0] == f"size{space}: 120 → 1000"
    assert all(set(wordings) == {"en", "fr"} for wordings in PHRASES.values())


FACTS = ("a", "b", "c", "d")
OPTIONS = ("x", "y", "z")


def conditions() -> st.SearchStrategy[Condition]:
    tests = st.builds(
        asks, st.sampled_from(FACTS), st.sampled_from(OPTIONS).map(lambda one: OneOf(frozenset({one})))
    )
    parts = st.lists(tests, min_size=1, max_size=3).map(tuple)
    return st.one_of(tests, parts.map(AllOf), parts.map(AnyOf), parts.map(NoneOf))


@settings(max_examples=150, deadline=None)
@given(
    whens=st.lists(conditions(), min_size=1, max_size=4),
    facts=st.dictionaries(st.sampled_from(FACTS), st.sampled_from(OPTIONS)),
    place=st.integers(0, 3),
)
def test_no_smaller_answer_is_missed(whens: list[Condition], facts: dict[str, str], place: int) -> None:
    """Against an independent oracle: every combination of up to three changes, in order of size."""
    rules = [a_rule(f"rule {number}", when, DoNothing(), line=number) for number, when in enumerate(whens)]
    policy = a_policy(*rules, types=dict.fromkeys(FACTS, "choice"))
    wanted = Wanted("rule", rules[place % len(rules)].name)

    answer = why_not(compiled(policy), facts, wanted, *a_world_and_request(policy))

    sizes = (size for size in range(4) if any(_rules_after(policy, facts, size, wanted.name)))
    smallest = next(sizes, None)
    assert (None if answer.changes is None else len(answer.changes)) == smallest
    assert answer.then is None or answer.then.rule == wanted.name


def _rules_after(policy: Policy, facts: dict[str, str], size: int, rule: str) -> Iterator[bool]:
    for names in combinations(FACTS, size):
        for values in product((*OPTIONS, ANY_OTHER, None), repeat=size):
            after = {**facts, **dict(zip(names, values, strict=True))}
            known = {name: value for name, value in after.items() if value is not None}
            decision = deciding_on(policy, known, owners={})
            yield decision.rule == rule


def test_time_off_is_a_reason_that_no_fact_can_mend() -> None:
    off = TimeOff("chloe", NOW.date(), NOW.date())
    roster = Roster(
        PARIS, {"chloe": a_rep("chloe"), "anna": a_rep("anna")},
        {"key": Team("key", ("chloe",)), "sales": Team("sales", ("anna",))}, (off,),
    )  # fmt: skip
    policy = a_policy(a_rule("Key", action=Assign(ToTeam("key"), if_unavailable=Assign(ToTeam("sales")))),
                      roster=roster)  # fmt: skip

    answer = asked(policy, {}, "chloe")

    assert answer.passed_over == "on leave until 24 Nov"
    assert answer.changes is None


def test_among_three_thousand_rules_the_answer_comes_within_a_second() -> None:
    facts = {"a": "none", "b": "none", "c": "none", "d": "none"}
    rules = [
        a_rule(
            f"rule {number}",
            AllOf((asks("a", f"{number % 40}"), asks("b", f"{number // 40}"), asks("c", f"{number % 7}"),
                   asks("d", f"{number % 11}"))),
            Assign(ToTeam("key" if number % 2 else "sales")),
            line=number,
        )
        for number in range(3000)
    ]  # fmt: skip
    policy = a_policy(*rules, roster=a_company_of_two_teams(), types=dict.fromkeys(facts, "choice"))
    asked(policy, facts, "sales")
    started = process_time()

    answer = asked(policy, facts, "key")

    assert process_time() - started < 1
    assert answer.changes is None
    assert not answer.is_complete, "a search that was cut short says so"


def test_a_holder_who_keeps_a_revised_lead_is_the_obstacle() -> None:
    policy = a_policy(otherwise=Assign(ToTeam("sales")))
    world, request = a_world_and_request(policy, trigger=Revised("owner-anna", "anna", ("country",)))

    bens, annas = (
        why_not(compiled(policy), {}, Wanted("rep", name), world, request) for name in ("ben", "anna")
    )

    (step,) = steps_of(bens, policy, language="en", owners={})
    assert step.lines[0] == "anna keeps it: they had it when its facts came, and may have it"
    assert step.lines[1].startswith("it is not ben's turn yet")
    assert annas.changes == () and "keeps" not in str(steps_of(annas, policy, language="en", owners={}))
