"""Reps without leads and leads without reps are told, with the days."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.rulefiles.proofs.proving import proved, reported
from tests.world.rule_files import TEAM

THREE_REPS = """\
timezone: Europe/Paris
hours:
  office: {mon-fri: 09:00-18:00}
  early: {mon-tue: 09:00-18:00}
reps:
  anna: {owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr], hours: office}
  ben: {owner: ben@acme.fr, level: junior, skills: [crm], languages: [fr], hours: early}
out_of_office:
%s
teams:
  north: [anna, ben]
  south: [ben]
"""


def away(*lines: str) -> dict[str, str]:
    """team.yaml with this time off."""
    return {"team.yaml": THREE_REPS % "\n".join(f"  - {{{line}}}" for line in lines)}


def test_a_rep_whom_no_rule_can_give_a_lead_is_told_where_they_stand() -> None:
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: south}
"""
    team = TEAM.replace("north: [anna, ben]", "north: [ben]")

    findings = proved(rules, files={"team.yaml": team})

    assert (
        reported([each for each in findings if each.file == "team.yaml"])
        == """\
team.yaml:5:3: warning: no rule can ever give 'anna' a lead
      anna: {owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, \
weight: 2}
      ^
    Put them in a team that a rule names, or remove them."""
    )


def test_a_rep_of_a_team_that_no_rule_names_gets_nothing() -> None:
    team = TEAM.replace("north: [anna, ben]", "north: [ben]\n  west: [anna]")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: south}
"""

    findings = proved(rules, files={"team.yaml": team})

    assert "The rules name none of their teams ('west'), or need what 'anna' does not have." in reported(
        findings
    )


def test_a_rep_who_may_own_accounts_is_only_an_info() -> None:
    team = TEAM.replace("north: [anna, ben]", "north: [ben]")
    rules = """\
  - name: Followed
    when: {account_owner: known}
    assign: {to: account_owner}
"""

    findings = proved(rules, files={"team.yaml": team.replace(", backup: anna", "")})

    assert "only leads of accounts that they own can reach 'anna'" in reported(findings, "info")


def test_a_backup_of_a_named_rep_can_get_leads() -> None:
    team = TEAM.replace("north: [anna, ben]", "north: [ben]")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {rep: ben}
"""

    findings = proved(rules, files={"team.yaml": team})

    assert "anna" not in reported(findings, "warning")


def test_a_rule_that_no_lead_reaches_gives_nobody_a_lead() -> None:
    team = TEAM.replace("north: [anna, ben]", "north: [ben]")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: south}
  - name: Never
    when: {request: demo, country: FR}
    assign: {rep: anna}
"""

    findings = proved(rules, files={"team.yaml": team.replace(", backup: anna", "")})

    assert "no rule can ever give 'anna' a lead" in reported(findings, "warning")


def test_a_value_that_nobody_in_the_team_has_is_told() -> None:
    findings = proved("""\
  - name: Products
    when: {country: FR}
    assign: {team: south, needs: {skill: from product}}
""")

    assert "nobody in the team 'south' has what leads of 'Products' may need: product=bi" in reported(
        findings, "warning"
    )


def test_a_team_of_deactivated_owners_can_take_nothing() -> None:
    files = {"team.yaml": TEAM.replace("ben@acme.fr", "gone@acme.fr")}
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: south}
"""

    findings = proved(rules, files=files)

    assert "nobody in the team 'south' can ever take leads of 'Demos'" in reported(findings, "warning")
    assert "no rule can ever give 'ben' a lead" not in reported(findings)


def test_a_second_choice_that_is_away_at_the_same_time_is_told_too() -> None:
    files = away("rep: ben, from: 2026-12-23, to: 2026-12-24", "rep: anna, from: 2026-12-24, to: 2026-12-24")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: south, if_unavailable: {rep: anna}}
"""

    findings = proved(rules, files=files)

    assert ("neither the team 'south' nor 'anna' is there on 2026-12-24 for leads of 'Demos'") in reported(
        findings, "warning"
    )


@pytest.mark.parametrize(
    ("condition", "assign"),
    [
        ("{country: FR, product: crm}", "{team: north, needs: {skill: from product}}"),
        ("{country: FR}", "{team: south, needs: {skill: from product}, if_unavailable: {team: north}}"),
        ("{country: FR}", "{team: south, prefer: {skill: from product}}"),
    ],
    ids=["somebody in the team has it", "another team has it", "it is only preferred"],
)
def test_leads_whose_needs_somebody_meets_are_not_told(condition: str, assign: str) -> None:
    findings = proved(f"""\
  - name: Products
    when: {condition}
    assign: {assign}
""")

    assert "may need" not in reported(findings)


def test_a_condition_limits_what_leads_can_ask_for() -> None:
    rules = """\
  - name: Payroll
    when: {language: fr}
    assign: {team: south, needs: {language: from language}}
"""

    findings = proved(rules)

    assert "may need" not in reported(findings)
    assert "may need: language=en" in reported(proved(rules.replace("fr}", "[fr, en]}")), "warning")


def test_days_on_which_a_whole_team_is_away_are_told() -> None:
    files = away(
        "rep: ben, from: 2026-12-21, to: 2026-12-24",
        "rep: anna, from: 2026-12-23, to: 2026-12-31",
    )
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: north}
  - name: Quotes
    when: {request: quote}
    assign: {team: north}
"""

    findings = proved(rules, files=files)

    assert (
        reported(findings, "warning")
        == """\
routing.yaml:5:11: warning: nobody in the team 'north' is there from 2026-12-23 to 2026-12-24 for leads of \
'Demos' and 1 more
      - name: Demos
              ^
    They wait in a queue. Add 'if_unavailable', or change the time off of anna, ben."""
    )


def test_who_has_what_is_needed_may_be_away_while_others_are_there() -> None:
    files = away("rep: anna, from: 2026-12-23, to: 2026-12-23")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: north, needs: {level: senior}}
"""

    findings = proved(rules, files=files)

    assert "nobody in the team 'north' is there on 2026-12-23 for leads of 'Demos'" in reported(
        findings, "warning"
    )


def test_a_named_rep_away_without_a_stand_in_is_told() -> None:
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {rep: ben}
"""

    alone = proved(rules, files=away("rep: ben, from: 2026-12-23, to: 2026-12-24"))
    stood_in = proved(rules, files=away("rep: ben, from: 2026-12-23, to: 2026-12-24, backup: anna"))

    assert "nobody in 'ben' is there" not in reported(alone)
    assert "'ben' is away from 2026-12-23 to 2026-12-24 and nobody stands in" in reported(alone, "warning")
    assert reported(stood_in, "warning") == ""


@pytest.mark.parametrize(
    "assign", ["{team: south, method: queue}", "{team: south, if_unavailable: {team: north}}"]
)
def test_absences_that_somebody_bridges_are_not_told(assign: str) -> None:
    rules = f"""\
  - name: Demos
    when: {{request: demo}}
    assign: {assign}
"""

    findings = proved(rules, files=away("rep: ben, from: 2026-12-23, to: 2026-12-24"))

    assert reported(findings, "warning") == ""


def test_days_further_off_than_sixty_are_not_told() -> None:
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {rep: ben}
"""
    files = away("rep: ben, from: 2027-06-01, to: 2027-06-30")

    today = proved(rules, files=files)
    in_may = proved(rules, files=files, now=datetime(2027, 5, 20, 9, tzinfo=UTC))

    assert reported(today, "warning") == ""
    assert "from 2027-06-01 to 2027-06-30" in reported(in_may, "warning")


def test_a_team_that_opens_long_after_the_sla_is_told() -> None:
    """Anna is away from Wednesday to Friday, and Ben never works on these days."""
    files = away("rep: anna, from: 2026-12-02, to: 2026-12-04")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: north}
    sla: 1h
"""

    findings = proved(rules, files=files)

    assert (
        reported(findings, "warning")
        == """\
routing.yaml:5:11: warning: nobody whom 'Demos' can choose in the team 'north' works from \
2026-12-01 18:00 to 2026-12-07 09:00
      - name: Demos
              ^
    Leads wait that long; their SLA is 1h. Look at the time off of anna."""
    )


def test_a_usual_weekend_is_not_told() -> None:
    files = away("rep: anna, from: 2026-12-07, to: 2026-12-07")
    rules = """\
  - name: Demos
    when: {request: demo}
    assign: {team: north}
    sla: 1h
"""

    assert reported(proved(rules, files=files), "warning") == ""


DEMOS = """\
  - name: Demos
    when: {request: demo}
    assign: {team: north}
    sla: 1h
"""


def test_a_day_off_beside_a_public_holiday_is_told_with_it() -> None:
    """Ben works on Mondays and Tuesdays only: Anna's Thursday off makes five days of Christmas."""
    files = away("rep: anna, from: 2026-12-23, to: 2026-12-24")
    in_france = {"team.yaml": "public_holidays: FR\n" + files["team.yaml"]}

    told, elsewhere = (reported(proved(DEMOS, files=one), "warning") for one in (in_france, files))

    assert elsewhere == ""
    assert "works from 2026-12-22 18:00 to 2026-12-28 09:00" in told
    assert "Look at the time off of anna. 2026-12-25 is a public holiday." in told


def test_a_closing_that_public_holidays_make_alone_is_not_told() -> None:
    """In November 2026 a Wednesday is a holiday; at Easter a Monday is."""
    files = away("rep: anna, from: 2027-03-24, to: 2027-03-24")
    files = {"team.yaml": "public_holidays: FR\n" + files["team.yaml"]}

    at_easter = proved(DEMOS, files=files, now=datetime(2027, 3, 15, 9, tzinfo=UTC))

    assert reported(at_easter, "warning") == ""
