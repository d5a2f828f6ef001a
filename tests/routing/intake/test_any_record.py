"""One record's values never make the decision about it fail, whatever HubSpot has in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from router.hubspot.api.records import Record
from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.decision.decide import decide
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.explanation.decision_record import from_record
from router.policy.leads.catalog import Catalog
from router.policy.leads.lead import Lead
from router.policy.rules.affinity import traces_of
from router.policy.shares.share_book import Book
from router.routing.intake.new_decision import new_decision
from router.rulefiles.load import load_files
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files
from tests.world.time import NOW

RULES = Path(__file__).parents[2] / "world" / "rules" / "company"
ODD_TEXTS = [
    *("1e400", "-1e400", "1e999999", "1e-999999", "NaN", "sNaN", "-Infinity", "Infinity", "0x10", "1_000"),
    *(
        "9" * 39,
        "-" + "9" * 38,
        "9" * 5000,
        "-",
        "--1",
        "+",
        ".",
        "²",
        "٣٤",
        "1e",
        "-0",
        "0.1" + "0" * 30 + "1",
    ),
    *("253402300799999", "-62135596800000", "253402300800000", "-99999999999999999"),
    *(
        "0001-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-12:00",
        "2026-13-01",
        "10000-01-01",
    ),
    *(
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a" * 5000 + "@example.com",
        "é@é.fr",
        "a@[127.0.0.1]",
        "\x00",
        "\u202e",
        "\ud7ff",
    ),
    *(";", ";;", "a;" * 500, "true", "TRUE ", " ", "{}", "null"),
]
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(max_size=12) | st.integers().map(str) | st.floats().map(str)


@cache
def the_company() -> tuple[CompiledPolicy, Catalog]:
    files = read_rule_files(RULES)
    policy = load_files(files).policy
    assert policy is not None
    return compile_policy(policy), parse_catalog((RULES / CATALOG_FILE).read_bytes())


@settings(deadline=None)
@given(data=st.data())
def test_a_decision_never_fails_because_of_a_records_values(data: st.DataObject) -> None:
    compiled, catalog = the_company()
    contact = data.draw(st.dictionaries(st.sampled_from(sorted(catalog.contact)), TEXTS, max_size=30))
    company = data.draw(st.dictionaries(st.sampled_from(sorted(catalog.company)), TEXTS, max_size=10))
    lead = Lead("501", contact, company, previous_owner=data.draw(st.none() | TEXTS))
    owners = {owner.email: owner for owner in catalog.owners}

    traces_of(lead)
    decision = decide(compiled, lead, World(Book(), owners, NOW, {}), DecisionRequest("501"))
    kept = new_decision(
        decision, Record("501", contact), compiled=compiled, reported={}, trigger=None, expected_owner_id=""
    )

    assert from_record(orjson.loads(kept.record)) == decision
