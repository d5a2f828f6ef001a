"""The rules that ship with the product are right, and do what they promise."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.leads.geography import departement_of
from router.policy.leads.lead import Lead
from router.policy.rules.policy import Assign, DoNothing, Nurture, Policy
from router.rulefiles.load import load_files
from router.rulefiles.words.catalog_file import CATALOG_FILE, dump_catalog, parse_catalog
from router.rules_on_disk import read_rule_files
from router.settings import Settings
from tests.world.policies import deciding

CONFIG = Path(__file__).parents[2] / "config"
TUESDAY = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
BANK = {"industry": "BANKING", "numberofemployees": "120"}
JEANNE = {
    "email": "jeanne@boulanger-sa.fr",
    "hs_country_region_code": "FR",
    "zip": "69003",
    "jobtitle": "Directrice financière",
    "type_demande": "demo",
    "recent_conversion_date": "2026-11-24T09:00:00Z",
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    answer = load_files(read_rule_files(CONFIG))
    assert answer.policy is not None, "\n".join(map(str, answer.mistakes))
    return answer.policy


def decided(policy: Policy, properties: dict[str, str], company: dict[str, str]) -> Decision:
    catalog = parse_catalog((CONFIG / CATALOG_FILE).read_bytes())
    owners = {owner.email: owner for owner in catalog.owners}
    lead = Lead("501", {**JEANNE, **properties}, company)
    return deciding(policy, lead, owners=owners, now=TUESDAY)


def test_the_shipped_files_have_no_mistake() -> None:
    assert load_files(read_rule_files(CONFIG)).mistakes == ()


def test_the_shipped_rules_are_those_of_a_whole_company(policy: Policy) -> None:
    assert len(policy.rules) >= 25
    assert len({rule.name for rule in policy.rules}) == len(policy.rules)
    assert {type(rule.action) for rule in policy.rules} == {Assign, DoNothing, Nurture}


def test_the_shipped_catalog_is_written_as_router_pull_writes_it() -> None:
    content = (CONFIG / CATALOG_FILE).read_bytes()

    assert dump_catalog(parse_catalog(content)) == content


def test_every_departement_has_exactly_one_territory() -> None:
    lists = yaml.load((CONFIG / "lists.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)["lists"]  # noqa: S506 - BaseLoader makes texts only
    territories = Counter(dep for name, deps in lists.items() if name.startswith("dep_") for dep in deps)
    postcodes = (f"{number:02}000" for number in range(1, 96) if number != 20)
    mainland = {departement_of(postcode, "FR") for postcode in postcodes}

    assert set(territories.values()) == {1}
    assert set(territories) >= mainland | {"2A", "2B", "971", "974", "976"}


@pytest.mark.parametrize(
    ("lead", "company", "rule"),
    [
        ({}, BANK, "France / Sud"),
        ({"zip": "01000"}, BANK, "France / Sud"),
        ({"zip": "6000"}, BANK, "France / Sud"),
        ({"zip": "67000"}, BANK, "France / Est"),
        ({"zip": "75011"}, BANK, "France / Île-de-France chaud"),
        ({"zip": "20200"}, BANK, "France / Corse"),
        ({"zip": "97400"}, BANK, "France / Outre-mer"),
        ({"zip": ""}, BANK, "France / otherwise"),
        ({"zip": "29200", "hs_country_region_code": ""}, BANK, "France / Ouest"),
        ({"type_demande": "candidature"}, BANK, "Candidatures et support ne vont pas aux commerciaux"),
        ({}, {**BANK, "hubspot_owner_id": "71480104"}, "Client ou compte déjà suivi → son commercial"),
        ({}, {"industry": "GOVERNMENT_ADMINISTRATION"}, "Secteur public"),
        ({}, {**BANK, "numberofemployees": "2400"}, "Grands comptes"),
        ({"produit_interesse": "crm;cybersecurite"}, BANK, "Cybersécurité en banque et assurance"),
        ({"email": "jeanne@sfr.fr"}, {}, "E-mail perso, demande de démo ou de devis"),
        ({"hs_country_region_code": "NO", "zip": "0150"}, BANK, "Pays nordiques"),
        ({"hs_country_region_code": "DE", "zip": "70173"}, BANK, "Germanophones"),
        ({"hs_country_region_code": "MA", "zip": "20000"}, BANK, "Francophones hors France"),
    ],
)
def test_a_lead_meets_its_rule(
    policy: Policy, lead: dict[str, str], company: dict[str, str], rule: str
) -> None:
    assert decided(policy, lead, company).rule == rule


def test_a_student_goes_to_nurture(policy: Policy) -> None:
    student = {"jobtitle": "Étudiante en alternance", "type_demande": "contenu", "recent_conversion_date": ""}

    decision = decided(policy, student, {"industry": "EDUCATION_MANAGEMENT"})

    assert decision.segment == "froid"
    assert isinstance(decision.outcome, Nurtured)


@pytest.mark.parametrize(
    ("lead", "outcome"),
    [({}, Assigned), ({"type_demande": "support"}, LeftAlone), ({"hs_country_region_code": "US"}, Assigned)],
)
def test_outcomes(policy: Policy, lead: dict[str, str], outcome: type) -> None:
    assert isinstance(decided(policy, lead, BANK).outcome, outcome)


def test_what_fits_no_rule_waits_in_a_queue(policy: Policy) -> None:
    stranger = {"hs_country_region_code": "US", "zip": "", "type_demande": "contenu"}

    decision = decided(policy, stranger, BANK)

    assert decision.rule == "otherwise"
    assert isinstance(decision.outcome, Queued)


def test_the_example_environment_names_settings_that_exist() -> None:
    lines = (CONFIG / "example.env").read_text("utf-8").splitlines()
    names = [line.partition("=")[0].lower() for line in lines if line and not line.startswith("#")]

    assert set(names) <= set(Settings.model_fields)
