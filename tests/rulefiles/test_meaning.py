"""What right rule files mean: values, ranges, lists, groups, tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from router.policy.people.roster import CatchUp
from router.policy.rules.conditions import (
    AllOf,
    AnyOf,
    Between,
    Contains,
    IsKnown,
    Matcher,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    Within,
    holds,
)
from router.policy.rules.policy import (
    Assign,
    DoNothing,
    Method,
    Need,
    Nurture,
    Rule,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.policy.rules.scoring import HalfLife, Scorecard, Steps
from tests.world.rule_files import ROUTING, SCORING, TEAM, loaded, policy_of

NORDIC = """\
  - name: Nordic
    when: {country: $nordic}
    assign: {team: north, needs: {level: senior}}
    sla: 2h
"""


def rule_of(when: str, action: str = "assign: {rep: anna}") -> Rule:
    """The rule that stands first in routing.yaml with this condition and action."""
    routing = ROUTING.replace("{company.industry: GOVERNMENT}", when).replace("assign: {rep: anna}", action)
    return policy_of({"routing.yaml": routing}).rules[0]


def rules_of(block: str) -> dict[str, Rule]:
    """All rules by name, with this block instead of the rule for the north."""
    policy = policy_of({"routing.yaml": ROUTING.replace(NORDIC, block)})
    return {rule.name: rule for rule in policy.rules}


VALUES: tuple[tuple[str, Matcher], ...] = (
    ("country: NO", OneOf(frozenset({"NO"}))),
    ("country: [NO, FR]", OneOf(frozenset({"NO", "FR"}))),
    ("country: [$europe, DE]", OneOf(frozenset({"NO", "SE", "FR", "DE"}))),
    ("departement: 01", OneOf(frozenset({"01"}))),
    ("zip: 06000", OneOf(frozenset({"06000"}))),
    ("zip: known", IsKnown()),
    ("zip: 'known'", OneOf(frozenset({"known"}))),
    ("zip: '$nordic'", OneOf(frozenset({"$nordic"}))),
    ("zip: unknown", Unknown()),
    ("email_domain: GMail.com", OneOf(frozenset({"gmail.com"}))),
    ("newsletter: true", OneOf(frozenset({True}))),
    ("birthday: 2026-11-24", OneOf(frozenset({date(2026, 11, 24)}))),
    ("company.annualrevenue: 0.5", OneOf(frozenset({Decimal("0.5")}))),
    ("company.numberofemployees: 200..", Between(low=Decimal(200))),
    ("company.numberofemployees: 50..199", Between(low=Decimal(50), high=Decimal(199))),
    ("company.numberofemployees: ..49", Between(high=Decimal(49))),
    ("company.numberofemployees: '>= 200'", Between(low=Decimal(200))),
    ("company.numberofemployees: < 50", Between(below=Decimal(50))),
    (
        "company.numberofemployees: {at_least: 50, below: 200}",
        Between(low=Decimal(50), below=Decimal(200)),
    ),
    ("company.numberofemployees: '> 200'", Between(low=Decimal(201))),
    ("company.numberofemployees: below 50", Between(below=Decimal(50))),
    ("company.numberofemployees: at_least 200", Between(low=Decimal(200))),
    ("company.numberofemployees: at_most 49", Between(high=Decimal(49))),
    ("company.numberofemployees: above 200", Between(low=Decimal(201))),
    ("jobtitle: below deck", OneOf(frozenset({"below deck"}))),
    ("company.numberofemployees: {above: 200}", Between(low=Decimal(201))),
    ("company.numberofemployees: {above: 50, at_most: 200}", Between(low=Decimal(51), high=Decimal(200))),
    ("birthday: {above: 2026-11-24}", Between(low=date(2026, 11, 25))),
    ("age: ..7d", Between(high=timedelta(days=7))),
    ("recent_conversion_date: within 2 weeks", Within(timedelta(days=14))),
    ("recent_conversion_date: 2026-11-24..", Between(low=datetime(2026, 11, 23, 23, tzinfo=UTC))),
    ("recent_conversion_date: ..2026-11-24", Between(below=datetime(2026, 11, 24, 23, tzinfo=UTC))),
    ("recent_conversion_date: ..2026-11-24T10:00Z", Between(high=datetime(2026, 11, 24, 10, tzinfo=UTC))),
    ("jobtitle: {contains: [daf, direct*]}", Contains(("daf", "direct*"))),
    ("jobtitle: contains chef de projet", Contains(("chef de projet",))),
    ("account_owner: anna@acme.fr", OneOf(frozenset({"1"}))),
    ("previous_owner: anna@acme.fr", OneOf(frozenset({"1"}))),
    ("previous_owner: known", IsKnown()),
    ("product: [crm, bi]", OneOf(frozenset({"crm", "bi"}))),
)


@pytest.mark.parametrize(("written", "meant"), VALUES, ids=[written for written, _ in VALUES])
def test_the_type_of_the_property_decides_what_a_value_means(written: str, meant: Matcher) -> None:
    condition = rule_of(f"{{{written}}}").when

    assert isinstance(condition, Test)
    assert condition.matcher == meant
    assert condition.line == 6


def test_a_test_remembers_how_it_was_written() -> None:
    condition = rule_of("{country: [$nordic, FR]}").when

    assert isinstance(condition, Test)
    assert condition.written == "country: [$nordic, FR]"


def test_not_wraps_the_positive_test() -> None:
    condition = rule_of("{country: {not: FR}}").when

    assert isinstance(condition, NoneOf)
    assert [type(part) for part in condition.parts] == [Test]


@pytest.mark.parametrize(
    ("value", "above"), [(None, False), ("199", False), ("200", False), ("200.5", True), ("1000", True)]
)
def test_above_leaves_its_own_number_out(value: str | None, above: bool) -> None:
    condition = rule_of("{company.annualrevenue: {above: 200}}").when

    facts = {} if value is None else {"company.annualrevenue": Decimal(value)}

    assert holds(condition, facts, now=datetime(2026, 11, 24, tzinfo=UTC)) is above


def test_a_list_of_a_value_and_a_range_is_an_or() -> None:
    condition = rule_of("{company.numberofemployees: [5, 200.., unknown]}").when

    assert isinstance(condition, AnyOf)
    matchers = {type(part.matcher) for part in condition.parts if isinstance(part, Test)}
    assert matchers == {OneOf, Between, Unknown}


def test_any_all_and_none_nest_two_deep() -> None:
    condition = rule_of("{any: [{country: FR}, {none: [{zip: known}, {request: demo}]}], language: fr}").when

    assert isinstance(condition, AllOf)
    either, language = condition.parts
    assert isinstance(either, AnyOf)
    assert isinstance(either.parts[1], NoneOf)
    assert isinstance(language, Test)


ACTIONS: tuple[tuple[str, object], ...] = (
    ("assign: {rep: anna}", Assign(ToRep("anna"))),
    ("assign: {team: north}", Assign(ToTeam("north"))),
    ("assign: {team: north, method: queue}", Assign(ToTeam("north"), Method.QUEUE)),
    ("assign: {team: north, method: least_loaded}", Assign(ToTeam("north"), Method.LEAST_LOADED)),
    (
        "assign: {team: north, method: queue, push_after: 30min}",
        Assign(ToTeam("north"), Method.QUEUE, push_after=timedelta(minutes=30)),
    ),
    (
        "assign: {to: account_owner, if_unavailable: {team: south}}",
        Assign(ToAccountOwner(), if_unavailable=Assign(ToTeam("south"))),
    ),
    (
        "assign: {to: previous_owner, if_unavailable: {team: south}}",
        Assign(ToPreviousOwner(), if_unavailable=Assign(ToTeam("south"))),
    ),
    (
        "assign: {team: north, needs: {skill: [crm, bi]}, prefer: {language: from language}}",
        Assign(
            ToTeam("north"),
            needs=(Need("skill", "crm"), Need("skill", "bi")),
            prefer=(Need("language", from_fact="language"),),
        ),
    ),
    ("do: nothing", DoNothing()),
    (
        "do: {nurture: {workflow: Slow, set: {request: quote}}}",
        Nurture("Slow", {"request": "quote"}),
    ),
)


@pytest.mark.parametrize(("written", "meant"), ACTIONS, ids=[written for written, _ in ACTIONS])
def test_an_action_is_read_as_written(written: str, meant: object) -> None:
    assert rule_of("{country: FR}", written).action == meant


def test_rules_of_a_group_carry_its_condition_and_its_name() -> None:
    rules = rules_of("""\
  - group: Europe
    when: {country: $europe}
    rules:
      - {name: Demo, when: {request: demo}, assign: {rep: anna}, sla: 30min}
    otherwise:
      assign: {team: south}
      status: NEW
""")

    demo, rest = rules["Europe / Demo"], rules["Europe / otherwise"]
    assert isinstance(demo.when, AllOf)
    assert [part.written for part in demo.when.parts if isinstance(part, Test)] == [
        "country: $europe",
        "request: demo",
    ]
    assert demo.sla == timedelta(minutes=30)
    assert isinstance(rest.when, Test)
    assert rest.when.written == "country: $europe"
    assert rest.status == "NEW"


def test_a_row_of_a_table_is_a_rule() -> None:
    rules = rules_of("""\
  - table: [country, segment, "->", team, method, sla, name]
    rows:
      - [$nordic, hot, "->", north, fair_share, 15min, Hot north]
      - [[FR, DE], any, "->", south, queue, 4h, South]
""")

    hot, south = rules["Hot north"], rules["South"]
    assert hot.action == Assign(ToTeam("north"))
    assert hot.sla == timedelta(minutes=15)
    assert isinstance(south.when, Test)
    assert south.when.matcher == OneOf(frozenset({"FR", "DE"}))
    assert south.action == Assign(ToTeam("south"), Method.QUEUE)


def test_a_row_without_a_name_is_called_by_its_conditions() -> None:
    rules = rules_of("""\
  - table: [country, segment, "->", team]
    rows:
      - [$nordic, hot, "->", north]
""")

    assert "nordic · hot" in rules


def test_the_last_rule_takes_everything() -> None:
    policy = policy_of()

    assert [rule.name for rule in policy.rules] == ["Public sector", "Nordic", "otherwise"]
    assert policy.rules[-1].when == AllOf(())
    assert policy.default_sla == timedelta(hours=4)
    assert policy.default_status == "NEW"
    assert policy.language == "fr"


def test_the_policy_names_the_facts_it_has_to_be_told() -> None:
    policy = policy_of()

    assert policy.types == {
        "company.industry": "choice",
        "company.numberofemployees": "number",
        "country": "choice",
        "grade": "choice",
        "recent_conversion_date": "datetime",
        "request": "choice",
    }


def test_a_need_and_an_account_owner_are_facts_too() -> None:
    action = "assign: {to: account_owner, if_unavailable: {team: north, prefer: {language: from language}}}"
    routing = ROUTING.replace("assign: {rep: anna}", action)

    types = policy_of({"routing.yaml": routing}).types

    assert types["account_owner"] == "text"
    assert types["language"] == "choice"


def test_weights_are_thousandths() -> None:
    policy = policy_of({"team.yaml": TEAM.replace("weight: 2", "weight: 1.125")})

    assert policy.roster.reps["anna"].weight == 1125
    assert policy.roster.reps["ben"].weight == 1000


def test_a_week_has_the_spans_of_each_day() -> None:
    hours = "{mon-thu: [09:00-12:00, 14:00-18:00], sat: 10:00-12:00}"
    policy = policy_of({"team.yaml": TEAM.replace("{mon-fri: 09:00-18:00}", hours)})

    week = policy.roster.hours["office"].week

    assert week[3] == ((time(9), time(12)), (time(14), time(18)))
    assert week[4] == ()
    assert week[5] == ((time(10), time(12)),)


def test_points_are_read_line_by_line() -> None:
    lines = """
      contains boss, direct*: 30
      unknown: -5
      other: 1"""
    scoring = SCORING.replace("request: {demo: 60, other: 10}", f"jobtitle:{lines}")

    table = policy_of({"scoring.yaml": scoring}).scoring.engagement.tables[0]

    assert [(line.matcher, line.points) for line in table.lines] == [
        (Contains(("boss", "direct*")), 30),
        (Unknown(), -5),
        (None, 1),
    ]


def test_an_option_that_is_called_other_goes_in_quotes() -> None:
    scoring = SCORING.replace("request: {demo: 60, other: 10}", "lifecyclestage: {'other': 3, other: 1}")

    answer = policy_of({"scoring.yaml": scoring.replace("{'other': 3, other: 1}", "{'other': 3}")})

    assert answer.scoring.engagement.tables[0].lines[0].matcher == OneOf(frozenset({"other"}))


def test_a_score_of_the_portal_replaces_the_points() -> None:
    scoring = SCORING.replace(
        "  points:\n    company.numberofemployees: {200..: 30, ..199: 10}", "  use: hubspotscore"
    )

    policy = policy_of({"scoring.yaml": scoring})

    assert policy.scoring.fit == Scorecard(100, (), use="hubspotscore")
    assert policy.types["hubspotscore"] == "number"


@pytest.mark.parametrize(
    "lines",
    [
        "company.numberofemployees: {200..: 30, 50..: 20, ..49: 10}",
        "company.numberofemployees: {200..: 30, 50..199: 20, < 50: 10}",
        "company.annualrevenue: {at_least 50: 20, below 50: 10}",
        "company.numberofemployees: {50..60: 5, 10..199: 20}",
        "company.annualrevenue: {200..: 30, 50..: 20, < 50: 10}",
        "recent_conversion_date: {within 7d: 20, within 30d: 10}",
        "age: {..7d: 20, ..30d: 10}",
    ],
)
def test_cascades_of_ranges_are_not_complained_about(lines: str) -> None:
    scoring = SCORING.replace("company.numberofemployees: {200..: 30, ..199: 10}", lines)

    assert loaded({"scoring.yaml": scoring}).mistakes == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{half_life: 2 weeks}", HalfLife(timedelta(days=14))),
        ("{every: 1 month, by: 50%}", Steps(timedelta(days=30), Decimal("0.5"))),
    ],
)
def test_points_decay_smoothly_or_in_steps(written: str, meant: object) -> None:
    scoring = SCORING.replace("{half_life: 14d}", written)

    assert policy_of({"scoring.yaml": scoring}).scoring.engagement.decay == meant


@pytest.mark.parametrize(
    ("written", "meant"), [("", "count"), (", fair_by: count", "count"), (", fair_by: value", "value")]
)
def test_a_team_shares_leads_or_their_points(written: str, meant: str) -> None:
    team = TEAM.replace("north: [anna, ben]", f"north: {{reps: [anna, ben]{written}}}")

    assert policy_of({"team.yaml": team}).roster.teams["north"].fair_by == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("forgive", None), ("catch_up", CatchUp()), ("{catch_up: 5}", CatchUp(5))],
)
def test_who_is_away_is_forgiven_or_catches_up(written: str, meant: CatchUp | None) -> None:
    team = TEAM.replace("north: [anna, ben]", f"north: {{reps: [anna, ben], time_off: {written}}}")

    assert policy_of({"team.yaml": team}).roster.teams["north"].catch_up == meant


@pytest.mark.parametrize(
    ("weights", "days"),
    [("fixed", None), ("performance", 90), ("performance 180d", 180), ("performance 6 months", 180)],
)
def test_weights_of_a_team_follow_results_for_so_long(weights: str, days: int | None) -> None:
    team = TEAM.replace("north: [anna, ben]", f"north: {{reps: [anna, ben], weights: {weights}}}")

    north = policy_of({"team.yaml": team}).roster.teams["north"]

    assert north.reps == ("anna", "ben")
    assert north.performance == (None if days is None else timedelta(days=days))
