"""Rules that no lead reaches are told with those that take everything from them."""

from __future__ import annotations

from router.rulefiles.yaml.mistakes import Severity
from tests.rulefiles.proofs.proving import proved, reported


def test_a_rule_whose_leads_are_all_taken_names_those_that_take_them() -> None:
    findings = proved("""\
  - name: Banks
    when: {company.industry: BANKING}
    assign: {team: north}
  - name: Insurers
    when: {company.industry: INSURANCE}
    assign: {team: south}
  - name: Large
    when: {company.numberofemployees: 1000..}
    assign: {rep: anna}
  - name: Finance
    when: {company.industry: [BANKING, INSURANCE], request: demo}
    assign: {team: north}
""")

    assert (
        reported(findings, "error")
        == """\
routing.yaml:14:11: error: the rule 'Finance' is never reached
      - name: Finance
              ^
    Everything it matches is already taken by: 'Banks' (line 5), 'Insurers' (line 8). \
Move it above, or remove it."""
    )


def test_conditions_that_contradict_each_other_are_an_error() -> None:
    findings = proved("""\
  - name: Impossible size
    when: {all: [{company.numberofemployees: 200..}, {company.numberofemployees: ..199}]}
    assign: {team: north}
""")

    assert (
        reported(findings, "error")
        == """\
routing.yaml:5:11: error: the rule 'Impossible size' can never be true: its conditions contradict each other
      - name: Impossible size
              ^
    Remove one of its conditions, or the rule."""
    )


def test_whole_numbers_leave_no_gap_between_49_and_50() -> None:
    rules = """\
  - name: Small
    when: {%(fact)s: ..49}
    assign: {team: north}
  - name: Large
    when: {%(fact)s: 50..}
    assign: {team: south}
  - name: Known
    when: {%(fact)s: known}
    assign: {rep: anna}
"""

    whole = proved(rules % {"fact": "company.numberofemployees"})
    broken = proved(rules % {"fact": "company.annualrevenue"})

    assert "'Known' is never reached" in reported(whole, "error")
    assert reported(broken, "error") == ""


def test_a_missing_fact_satisfies_not_so_the_rule_below_is_reached() -> None:
    findings = proved("""\
  - name: All options
    when: {request: [demo, quote, support]}
    assign: {team: north}
  - name: No demo
    when: {request: {not: demo}}
    assign: {team: south}
""")

    assert reported(findings, "error") == ""


def test_a_departement_outside_france_is_a_contradiction() -> None:
    findings = proved("""\
  - name: Paris in Germany
    when: {departement: 75, country: DE}
    assign: {team: north}
""")

    assert "can never be true" in reported(findings, "error")


def test_a_departement_without_a_country_is_none() -> None:
    findings = proved("""\
  - name: Paris
    when: {departement: 75, country: unknown}
    assign: {team: north}
""")

    assert reported(findings, "error") == ""


def test_a_free_mailbox_at_a_domain_of_free_mailboxes_covers_it() -> None:
    findings = proved("""\
  - name: Free
    when: {email_kind: free}
    assign: {team: north}
  - name: Gmail
    when: {email_domain: gmail.com}
    assign: {team: south}
""")

    assert "'Gmail' is never reached" in reported(findings, "error")


def test_more_points_than_there_are_contradict() -> None:
    findings = proved("""\
  - name: Too many points
    when: {fit: 101..}
    assign: {team: north}
""")

    assert "'Too many points' can never be true" in reported(findings, "error")


def test_all_segments_leave_nothing_below() -> None:
    findings = proved("""\
  - name: Hot ones
    when: {segment: hot}
    assign: {team: north}
  - name: Cold ones
    when: {segment: cold}
    assign: {team: south}
  - name: Demos
    when: {request: demo}
    assign: {rep: anna}
""")

    assert "'Hot ones' (line 5), 'Cold ones' (line 8)" in reported(findings, "error")


def test_the_compulsory_otherwise_may_have_nothing_left() -> None:
    findings = proved("""\
  - name: Known
    when: {request: known}
    assign: {team: north}
  - name: Unknown
    when: {request: unknown}
    assign: {team: south}
""")

    assert reported(findings, "error") == ""


def test_an_otherwise_of_a_group_with_nothing_left_is_no_error() -> None:
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
    otherwise:
      assign: {team: north}
""")

    assert [each.severity for each in findings if "never reached" in each.message] == [Severity.INFO]


def test_what_only_a_date_makes_true_refuses_no_files() -> None:
    findings = proved("""\
  - name: Campaign
    when: {recent_conversion_date: 2026-11-01..}
    assign: {team: north}
  - name: Fresh
    when: {recent_conversion_date: within 7d}
    assign: {team: south}
""")

    assert "'Fresh' is never reached" in reported(findings, "warning")
    assert reported(findings, "error") == ""


def test_a_shorter_age_is_taken_by_a_longer_one() -> None:
    findings = proved("""\
  - name: Recent
    when: {recent_conversion_date: within 30d}
    assign: {team: north}
  - name: Fresh
    when: {recent_conversion_date: within 7d}
    assign: {team: south}
""")

    assert "'Fresh' is never reached" in reported(findings, "error")


def test_a_beginning_takes_the_words_that_begin_so() -> None:
    findings = proved("""\
  - name: Beginnings
    when: {jobtitle: "contains direct*"}
    assign: {team: north}
  - name: Words
    when: {jobtitle: "contains directrice"}
    assign: {team: south}
""")

    assert "'Words' is never reached" in reported(findings, "error")


def test_an_archived_option_keeps_the_world_open() -> None:
    findings = proved("""\
  - name: New
    when: {hs_lead_status: NEW}
    assign: {team: north}
  - name: Old
    when: {hs_lead_status: [OLD, NEW]}
    assign: {team: south}
  - name: Any status
    when: {hs_lead_status: known}
    assign: {rep: anna}
""")

    assert reported(findings, "error") == ""


def test_a_question_beyond_the_budget_is_called_unknown() -> None:
    findings = proved(
        """\
  - name: Demos
    when: {request: demo}
    assign: {team: north}
""",
        budget=0,
    )

    assert "whether any lead reaches the rule 'Demos' is unknown" in reported(findings, "info")
    assert reported(findings, "error") == ""
