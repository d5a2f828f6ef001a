"""Whole folders of rule files that belong to the tests, and ways to change the small one."""

from __future__ import annotations

from pathlib import Path

from router.routing.portal.services import Services

SMALL = Path(__file__).parent / "rules" / "small"
"""Three reps of one team who work round the clock, no holiday: what comes out depends on no hour."""
COMPANY = Path(__file__).parent / "rules" / "company"
"""A whole company: territories, office hours, holidays, absences and rule tests."""
CATALOG = COMPANY / "hubspot.catalog.json"

RIGHT = """
language: en
segments: {all: otherwise}
rules:
  - name: Marc
    when: {country: $etranger}
    assign: {rep: marc}
otherwise:
  assign: {team: idf}
sla: {default: 4h}
"""
"""Foreign leads to Marc, all others to the team's fair share."""
WRONG = RIGHT.replace("{country: $etranger}", "{email: known}")
"""Every lead to Marc."""
PULLED = RIGHT.replace("{team: idf}", "{team: idf, method: queue, push_after: 30min}")
"""Leads wait in the queue of the team for half an hour."""
WATCHED = """
language: en
segments: {all: otherwise}
rules:
  - name: Marc
    when: {country: $etranger}
    assign: {rep: marc}
otherwise:
  assign: {team: idf}
sla:
  default: 4h
  on_breach:
    - {after: 100%, notify: [rep, manager]}
    - {after: 150%, notify: manager, reassign: {at_most: 1}}
    - {after: 300%, move_to_queue: idf}
"""
"""Leads are due in four hours, taken away after six and queued after twelve."""
SMALL_SETTLING = (SMALL / "routing.yaml").read_text() + "settle: {wait: 20s, quiet: 6s, revise: 15min}\n"
"""The small rules, whose leads wait for late facts and can be revised."""
SETTLING = (
    RIGHT
    + """
settle: {wait: 20s, quiet: 6s, revise: 15min}
"""
)
"""Foreign leads to Marc; a lead without a country waits, and can be revised for a quarter of an hour."""
MANAGERS = "managers:\n  claire: {owner: claire.manager@acme.fr}\n"
BY_RESULTS = "idf: {reps: [camille, hugo, lea], weights: performance}"


def with_rules(services: Services, rules: Path, routing: str) -> Services:
    (rules / "routing.yaml").write_text(routing)
    services.rules.refresh()
    return services


def with_rep_line(services: Services, rules: Path, old: str, new: str) -> None:
    team = rules / "team.yaml"
    assert old in team.read_text()
    team.write_text(team.read_text().replace(old, new))
    services.rules.refresh()


def set_mode(services: Services, rules: Path, mode: str) -> None:
    routing = rules / "routing.yaml"
    lines = [line for line in routing.read_text().splitlines() if not line.startswith("mode:")]
    routing.write_text("\n".join([f"mode: {mode}", *lines, ""]))
    services.rules.refresh()


def with_team(services: Services, rules: Path, line: str) -> Services:
    team = rules / "team.yaml"
    kept = [one for one in team.read_text().splitlines() if not one.startswith("  idf:")]
    team.write_text("\n".join([*kept, f"  {line}", ""]))
    services.rules.refresh()
    return services
