"""Overlaps, gaps, untested and unused rules are told once, where they stand, with an example."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from router.policy.rules.conditions import NoneOf, OneOf, Test
from router.policy.rules.policy import Assign, Rule, ToTeam
from router.rulefiles.proofs.prove import left_over, prove
from tests.rulefiles.proofs.proving import NOW, proved, reported, routing
from tests.world.policies import a_policy, a_rule, asks
from tests.world.rule_files import a_catalog, policy_of

TWO_RULES = """\
  - name: Banks
    when: {company.industry: BANKING}
    assign: {team: north}
  - name: Large
    when: {company.numberofemployees: 1000..}
    assign: {rep: anna}
"""


def test_rules_that_cross_are_told_with_a_lead_that_fits_both() -> None:
    findings = proved(TWO_RULES)

    assert (
        reported([each for each in findings if "further down" in each.message])
        == """\
routing.yaml:5:11: info: some leads fit 'Banks' and also, further down, 'Large'; the first one takes them
      - name: Banks
              ^
    For example: company.industry=BANKING, company.numberofemployees=1000. \
If that is not meant, exchange the two."""
    )


def test_rules_with_one_outcome_may_cross() -> None:
    findings = proved(TWO_RULES.replace("{rep: anna}", "{team: north}"))

    assert "further down" not in reported(findings)


def test_a_special_case_above_the_general_one_is_meant() -> None:
    findings = proved("""\
  - name: Large banks
    when: {company.industry: BANKING, company.numberofemployees: 1000..}
    assign: {rep: anna}
  - name: Banks
    when: {company.industry: BANKING}
    assign: {team: north}
""")

    assert "further down" not in reported(findings)


def test_rules_of_a_group_are_told_together() -> None:
    findings = proved("""\
  - group: France
    when: {country: FR}
    rules:
      - name: Demos
        when: {request: demo}
        assign: {team: north}
      - name: Quotes
        when: {request: quote}
        assign: {team: south}
    otherwise:
      assign: {team: north}
  - name: Large
    when: {company.numberofemployees: 1000..}
    assign: {rep: anna}
""")

    overlaps = [each.message for each in findings if "further down" in each.message]
    assert overlaps == [
        "some leads fit the group 'France' and also, further down, 'Large'; the first one takes them"
    ]


def test_a_group_that_lets_leads_through_shows_one() -> None:
    findings = proved("""\
  - group: France
    when: {country: FR}
    rules:
      - name: Demos
        when: {request: demo}
        assign: {team: north}
      - name: Quotes
        when: {request: quote}
        assign: {team: south}
""")

    assert (
        reported([each for each in findings if "group" in each.message])
        == """\
routing.yaml:8:15: info: some leads of the group 'France' fit none of its rules \
and go on to the rules below it
          - name: Demos
                  ^
    For example: country=FR, request=unknown. Add 'otherwise' to keep them."""
    )


def test_a_group_whose_rules_take_every_lead_of_it_lets_none_through() -> None:
    findings = proved("""\
  - group: France
    when: {country: FR}
    rules:
      - name: Demos
        when: {request: demo}
        assign: {team: north}
      - name: Others
        when: {request: {not: demo}}
        assign: {team: south}
""")

    assert "fit none of its rules" not in reported(findings)


def test_rules_without_an_otherwise_that_leave_leads_out_are_an_error() -> None:
    whole = a_policy(a_rule("FR", asks("country", "FR")), types={"country": "choice"})
    rules = whole.rules[:-1]
    policy = a_policy(types=whole.types)
    findings = prove(replace(policy, rules=rules), catalog=a_catalog(), now=NOW)

    assert (
        reported(findings, "error")
        == """\
routing.yaml:1:1: error: some leads match no rule and there is no 'otherwise'
    For example: country=unknown."""
    )


def test_who_asks_what_is_left_to_otherwise_gets_an_example() -> None:
    some = left_over(policy_of({"routing.yaml": routing(TWO_RULES)}), catalog=a_catalog(), now=NOW)
    policy = a_policy(
        Rule("FR", asks("country", "FR"), Assign(ToTeam("sales"))),
        Rule("not FR", NoneOf((Test("country", OneOf(frozenset(("FR",))), ""),)), Assign(ToTeam("sales"))),
    )

    assert some == "For example: company.industry=unknown, company.numberofemployees=unknown."
    assert left_over(policy, catalog=a_catalog(), now=NOW) is None


def test_rules_that_no_test_reaches_are_told_when_tests_were_run() -> None:
    with_tests = proved(TWO_RULES, reached={"Banks", "otherwise"})

    assert (
        reported([each for each in with_tests if "test" in each.message])
        == """\
routing.yaml:8:11: warning: no test reaches the rule 'Large'
      - name: Large
              ^
    Add a lead for it to a file in tests/, with what you expect."""
    )
    assert "no test" not in reported(proved(TWO_RULES))


def test_rules_unused_for_ninety_days_are_told() -> None:
    last_used = {"Banks": NOW - timedelta(days=91), "Large": None, "otherwise": NOW - timedelta(days=89)}

    findings = proved(TWO_RULES, last_used=last_used)

    unused = [
        each.message for each in findings if "lead since" in each.message or "never taken" in each.message
    ]
    assert unused == [
        "the rule 'Banks' has taken no lead since 2026-08-25",
        "the rule 'Large' has never taken a lead",
    ]


def test_a_table_row_is_shown_where_it_stands() -> None:
    findings = proved("""\
  - table: [request, country, "->", team]
    rows:
      - [demo, any, "->", north]
      - [demo, FR, "->", south]
""")

    assert (
        reported(findings, "error")
        == """\
routing.yaml:8:9: error: the rule 'demo · FR' is never reached
          - [demo, FR, "->", south]
            ^
    Everything it matches is already taken by: 'demo' (line 7). Move it above, or remove it."""
    )
