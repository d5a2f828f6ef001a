"""A verdict's key names all that the verdict depends on."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions
from pathlib import Path

from router.routing.portal.verdict_key import LIBRARIES, program_version, verdict_key

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
ROUTER = Path(__file__).parents[3] / "router"


def imports_of(source: str) -> Iterator[str]:
    """The packages that a module imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_every_library_of_policy_and_rule_files_counts() -> None:
    sources = [
        path.read_text() for folder in ("policy", "rulefiles") for path in (ROUTER / folder).rglob("*.py")
    ]
    imported = {name for source in sources for name in imports_of(source)}
    libraries = imported - {*sys.stdlib_module_names, "router"}
    found = {packages_distributions()[name][0].lower().replace("_", "-") for name in libraries}

    assert found
    assert found <= {name.lower() for name in LIBRARIES}


def test_the_key_differs_by_file_by_day_and_by_program() -> None:
    files = {"a": b"1", "b": b"2"}
    keys = {
        verdict_key(files, now=NOW, program="p"),
        verdict_key({"a": b"1", "b": b"3"}, now=NOW, program="p"),
        verdict_key({"a": b"1", "c": b"2"}, now=NOW, program="p"),
        verdict_key(files, now=NOW + timedelta(days=1), program="p"),
        verdict_key(files, now=NOW, program="q"),
    }

    assert len(keys) == 5
    assert verdict_key(files, now=NOW + timedelta(hours=1), program="p") in keys


def test_the_program_is_the_same_for_each_of_its_processes() -> None:
    assert program_version() == program_version.__wrapped__()
