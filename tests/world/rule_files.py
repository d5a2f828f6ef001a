"""Small rule files that are right, and what is said of them once a test has made them wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Final

from router.policy.leads.catalog import Catalog, FactType, Option, Owner, Property
from router.policy.rules.policy import Policy
from router.rulefiles.load import Loaded, load_policy

TEAM: Final = """\
timezone: Europe/Paris
hours:
  office: {mon-fri: 09:00-18:00}
reps:
  anna: {owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, weight: 2}
  ben: {owner: ben@acme.fr, level: junior, skills: [crm], languages: [fr]}
out_of_office:
  - {rep: ben, from: 2026-12-21, to: 2027-01-03, backup: anna}
teams:
  north: [anna, ben]
  south: [ben]
"""
LISTS: Final = """\
lists:
  nordic: [NO, SE]
  europe: [$nordic, FR]
"""
SCORING: Final = """\
fit:
  max: 100
  points:
    company.numberofemployees: {200..: 30, ..199: 10}
engagement:
  decay: {half_life: 14d}
  points:
    request: {demo: 60, other: 10}
grade:
  fit: {A: 60.., B: ..59}
  engagement: {1: 50.., 2: ..49}
"""
ROUTING: Final = """\
segments:
  hot: {grade: [A1, B1]}
  cold: otherwise
rules:
  - name: Public sector
    when: {company.industry: GOVERNMENT}
    assign: {rep: anna}
  - name: Nordic
    when: {country: $nordic}
    assign: {team: north, needs: {level: senior}}
    sla: 2h
otherwise:
  assign: {team: north, method: queue}
sla:
  default: 4h
"""
FILES: Final = {
    "team.yaml": TEAM,
    "lists.yaml": LISTS,
    "scoring.yaml": SCORING,
    "routing.yaml": ROUTING,
}


@dataclass(frozen=True, slots=True)
class MistakeCase:
    """One way to be wrong: `new` instead of `old` in the file, and all that is then said, word for word."""

    behaviour: str
    old: str
    new: str
    reported: str


def a_property(name: str, kind: FactType, *options: str, label: str = "", **more: bool) -> Property:
    listed = tuple(Option(option, option.title()) for option in options)
    return Property(name, label or name.title(), kind, listed, **more)


def a_catalog() -> Catalog:
    contact = (
        a_property("email", FactType.TEXT),
        a_property("jobtitle", FactType.TEXT, label="Job title"),
        a_property("zip", FactType.TEXT, label="Postcode"),
        a_property("request", FactType.CHOICE, "demo", "quote", "support"),
        a_property("product", FactType.CHOICES, "crm", "bi"),
        a_property("language", FactType.CHOICE, "fr", "en"),
        a_property("hubspotscore", FactType.NUMBER, label="HubSpot score", read_only=True),
        a_property("newsletter", FactType.BOOL),
        a_property("birthday", FactType.DATE),
        a_property("recent_conversion_date", FactType.DATETIME, label="Last conversion", read_only=True),
        a_property("lifecyclestage", FactType.CHOICE, "lead", "customer", "other", label="Stage"),
        a_property("hubspot_owner_id", FactType.CHOICE, label="Owner"),
        Property(
            "hs_lead_status", "Status", FactType.CHOICE, (Option("NEW", "New"), Option("OLD", "Old", True))
        ),
    )
    company = (
        a_property("industry", FactType.CHOICE, "BANKING", "INSURANCE", "GOVERNMENT", label="Industry"),
        a_property("numberofemployees", FactType.NUMBER, label="Employees", integer=True),
        a_property("annualrevenue", FactType.NUMBER, label="Revenue"),
    )
    owners = (
        Owner("1", "anna@acme.fr", "Anna"),
        Owner("2", "ben@acme.fr", "Ben"),
        Owner("3", "gone@acme.fr", "Gone", archived=True),
    )
    by_name = [{prop.name: prop for prop in listed} for listed in (contact, company)]
    return Catalog(by_name[0], by_name[1], owners)


def loaded(changes: Mapping[str, str | bytes | None] | None = None) -> Loaded:
    """What the small files say after these changes; None takes a file away."""
    texts: dict[str, str | bytes | None] = {**FILES, **(changes or {})}
    given = {
        name: text if isinstance(text, bytes) else text.encode()
        for name, text in texts.items()
        if text is not None
    }
    return load_policy(given, catalog=a_catalog())


def policy_of(changes: Mapping[str, str | bytes | None] | None = None) -> Policy:
    """The policy of files that must be right."""
    answer = loaded(changes)
    assert answer.policy is not None, said_of(answer)
    return answer.policy


def said_of(answer: Loaded) -> str:
    return "\n".join(str(mistake) for mistake in answer.mistakes)


def check(file: str, case: MistakeCase) -> None:
    """Assert that the changed file is refused (or warned about) in exactly these words."""
    assert case.old in FILES[file], "the case does not fit the small files"

    answer = loaded({file: FILES[file].replace(case.old, case.new, 1)})

    assert said_of(answer) == dedent(case.reported).strip("\n")
    has_error = any(mistake.severity == "error" for mistake in answer.mistakes)
    assert (answer.policy is None) == has_error
