"""The tests that ship with the rules pass, reach every rule, and are quick enough to run at every change."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.load import load_files
from router.rulefiles.rule_tests.run import RuleTestResults, run_tests
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files

CONFIG = Path(__file__).parents[3] / "config"


def shipped() -> tuple[dict[str, bytes], Policy, Catalog]:
    files = read_rule_files(CONFIG)
    loaded = load_files(files)
    assert loaded.policy is not None, "\n".join(map(str, loaded.mistakes))
    tests = {f"tests/{path.name}": path.read_bytes() for path in (CONFIG / "tests").glob("*.test.yaml")}
    return tests, loaded.policy, parse_catalog(files[CATALOG_FILE])


@pytest.fixture(scope="module")
def results() -> RuleTestResults:
    return run_tests(*shipped())


def test_the_shipped_tests_pass(results: RuleTestResults) -> None:
    assert results.mistakes == ()
    assert [tested.name for tested in results.tests if not tested.passed] == []


def test_the_shipped_tests_reach_every_rule(results: RuleTestResults) -> None:
    assert [rule.name for rule in results.unreached] == []


def test_the_shipped_tests_take_less_than_a_third_of_a_second() -> None:
    tests, policy, catalog = shipped()
    run_tests(tests, policy, catalog)
    started = process_time()

    run_tests(tests, policy, catalog)

    assert process_time() - started < 0.3
