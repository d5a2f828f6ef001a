"""The gate before rules go live: no errors, their own tests pass, and no rule is dead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from router.policy.rules.policy import Policy
from router.rulefiles.load import load_files
from router.rulefiles.proofs.prove import prove
from router.rulefiles.rule_tests.run import RuleTestResults, Tested, run_tests
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rulefiles.yaml.mistakes import Mistake, Severity


class GateResult(Struct, frozen=True):
    """The mistakes that keep files from going live: file, line, column and message of each.

    `policy` is theirs if there are none; None, too, if another process judged them.
    """

    policy: Policy | None
    mistakes: tuple[Mapping[str, Any], ...] = ()


def judge(files: Mapping[str, bytes], now: datetime) -> GateResult:
    """The policy of the files, if they are correct, pass their tests and are proved free of dead rules."""
    loaded = load_files(files)
    if loaded.policy is None:
        return GateResult(None, tuple(_errors(loaded.mistakes)))
    catalog = parse_catalog(files[CATALOG_FILE])
    results = run_tests(files, loaded.policy, catalog)
    if not results.passed:
        return GateResult(None, tuple(_failures(results)))
    if dead := tuple(_errors(prove(loaded.policy, catalog=catalog, now=now, files=files))):
        return GateResult(None, dead)
    return GateResult(loaded.policy)


def as_mistake(file: str, message: str, *, line: int = 0, column: int = 0) -> Mapping[str, Any]:
    """One mistake as it is published; line 0 means the file as a whole."""
    return {"file": file, "line": line, "column": column, "message": message}


def _errors(mistakes: tuple[Mistake, ...]) -> Iterator[Mapping[str, Any]]:
    for one in mistakes:
        if one.severity is Severity.ERROR:
            yield as_mistake(one.file, one.message, line=one.line, column=one.column)


def _failures(results: RuleTestResults) -> Iterator[Mapping[str, Any]]:
    yield from _errors(results.mistakes)
    for tested in results.tests:
        if not tested.passed:
            yield as_mistake(tested.file, _failure(tested), line=tested.line, column=1)


def _failure(tested: Tested) -> str:
    found = "; ".join(f"{one.what} is {one.got}, not {one.expected}" for one in tested.differences)
    return f"the test '{tested.name}' fails: {found}"
