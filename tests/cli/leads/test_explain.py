"""`router explain` of a lead that was typed, and why it did not go elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.leads.explain import explain
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock

JEANNE = (
    "email=jeanne@boulanger-sa.fr",
    "hs_country_region_code=FR",
    "zip=75011",
    "jobtitle=Directrice financière",
    "type_demande=demo",
    "company.industry=BANKING",
    "company.numberofemployees=120",
    "--now",
    "2026-11-24T10:15",
)


def explained(*arguments: str | Path, **environ: str) -> Result:
    environ = {"CONFIG_DIR": str(COMPANY), "COLUMNS": "80", **environ}
    return CliRunner(env=environ).invoke(explain, [str(one) for one in arguments], obj=Clock())


def test_a_typed_lead_is_told_as_a_tree() -> None:
    answer = explained(*JEANNE, "--language", "en")

    assert answer.exit_code == 0
    for words in (
        "├── Fit: 72 of 100",
        "│   ├── company.numberofemployees, 50..199: +22",
        "├── Rule: France / Île-de-France chaud (line ",
        "└── next up: camille",
        "camille → lea → camille → hugo → lea → camille",
        "due Tue 24 Nov 10:30",
    ):
        assert words in answer.output
    assert max(map(len, answer.output.splitlines())) <= 80


def test_the_smallest_change_is_told() -> None:
    answer = explained(*JEANNE, "--why-not", "est", "--language", "en")

    told = " ".join(answer.output.split())
    assert answer.exit_code == 0
    assert "departement: 75 → 02 (or 08, 10, 21, 19 more)" in told
    assert "then: France / Est → sophie (est)" in told


def test_a_rep_in_turn_learns_after_how_many_leads() -> None:
    answer = explained(*JEANNE, "--why-not", "hugo", "--language", "en")

    assert "it is not hugo's turn yet: 3 such lead(s) go to others first" in answer.output


def test_a_name_that_is_nothing_is_misuse_with_a_guess() -> None:
    answer = explained(*JEANNE, "--why-not", "grand_comptes")

    assert answer.exit_code == 2
    assert "There is no rule, team or rep 'grand_comptes'. Did you mean 'grands_comptes'?" in answer.output


def test_a_property_that_is_none_is_a_mistake_with_a_guess() -> None:
    answer = explained("zipp=75011", "type_demande=dmo")

    assert answer.exit_code == 1
    assert "lead:1:1: error: HubSpot has no contact property 'zipp'" in answer.output
    assert "Did you mean 'demo'?" in answer.output


def test_machines_read_the_decision_and_the_changes() -> None:
    told = json.loads(explained(*JEANNE, "--why-not", "grands_comptes", "--json").output)

    assert told["decision"]["outcome"]["rep"] == "camille"
    assert told["why_not"]["changes"] == [
        {"fact": "company.numberofemployees", "before": "120", "after": "1000"}
    ]
    assert told["why_not"]["then"]["rule"] == "Grands comptes"


@pytest.mark.parametrize(
    "lead",
    [
        {
            "zip": "67000",
            "hs_country_region_code": "FR",
            "type_demande": "demo",
            "company.industry": "BANKING",
        },
        {
            "id": "77",
            "properties": {"zip": 67000, "hs_country_region_code": "FR", "type_demande": "demo", "fax": None},
            "company": {"properties": {"industry": "BANKING"}},
        },
    ],
    ids=["properties by name", "a contact of HubSpot's API"],
)
def test_a_lead_can_lie_in_a_file(tmp_path: Path, lead: dict[str, object]) -> None:
    file = tmp_path / "lead.json"
    file.write_text(json.dumps(lead))

    told = json.loads(explained("--lead", file, "--json").output)

    assert told["decision"]["rule"] == "France / Est"


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_file_that_holds_no_lead_says_what_to_write(tmp_path: Path, content: str) -> None:
    file = tmp_path / "lead.json"
    file.write_text(content)

    answer = explained("--lead", file)

    assert answer.exit_code == 1
    assert 'Write {"zip": "75011", "company.industry": "BANKING"}' in answer.output


@pytest.mark.parametrize(
    "arguments",
    [(), ("501", "502"), ("501", "--now", "2026-11-24T10:15"), ("501", "zip=1"), ("zip=1", "--now", "noon")],
)
def test_what_is_neither_a_contact_nor_a_lead_is_misuse(arguments: tuple[str, ...]) -> None:
    assert explained(*arguments).exit_code == 2


def test_a_routed_contact_learns_what_would_have_sent_it_elsewhere(
    run: Run, sandbox: SandboxClient, route_now: Callable[[list[str]], None]
) -> None:
    (contact,) = sandbox.create_exactly(
        [
            {
                "email": "a@acme-exemple.fr",
                "zip": "67000",
                "hs_country_region_code": "FR",
                "type_demande": "demo",
            }
        ]
    )
    route_now([contact])

    answer = run("explain", contact, "--why-not", "marc", "--language", "en")

    assert answer.exit_code == 0, answer.output
    assert "company.industry: missing → GOVERNMENT_ADMINISTRATION" in answer.stdout
