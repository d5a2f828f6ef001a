"""Mistakes as a SARIF 2.1.0 log, which code-scanning pages and editors show beside the lines.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from router.rulefiles.yaml.mistakes import Mistake, Severity

LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
RULE: Final = "rule-files"
"""SARIF groups results by the check that found them; ours is one check with many sentences."""


def as_sarif(mistakes: Iterable[Mistake], folder: Path) -> dict[str, Any]:
    """The log; an empty list of results means that there are no mistakes."""
    driver = {
        "name": "Lead Router",
        "rules": [
            {"id": RULE, "shortDescription": {"text": "The rule files can be read, proved and tested."}}
        ],
    }
    results = [_result(mistake, folder) for mistake in mistakes]
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(mistake: Mistake, folder: Path) -> dict[str, Any]:
    text = mistake.message + (f"\n{mistake.hint}" if mistake.hint else "")
    place = {
        "artifactLocation": {"uri": (folder / mistake.file).as_posix()},
        "region": {"startLine": max(1, mistake.line), "startColumn": max(1, mistake.column)},
    }
    return {
        "ruleId": RULE,
        "level": LEVELS[mistake.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }
