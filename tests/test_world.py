"""Tests have a clock, rule files and helpers of their own, which stand in tests/world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]
ABOUT_SHIPPED_FILES = {
    "tests/cli/rules/test_setup_app.py",
    "tests/hubspot/webhooks/test_app_file.py",
    "tests/rulefiles/editor_schema/test_editor_schema.py",
    "tests/rulefiles/proofs/test_shipped.py",
    "tests/rulefiles/rule_tests/test_shipped_rule_tests.py",
    "tests/rulefiles/test_shipped_config.py",
    "tests/test_demo.py",
}
"""Tests whose subject is a file in config/, which is the customer's."""
REAL_CLOCKS = {
    "router/clock.py": "where the default clock is made",
    "router/hubspot/api/client.py": "a message for people: when Redis lets calls go out again",
    "router/store/budget/budget.py": "a quota's day ends by the same clock as Redis' windows",
}
"""Files that may ask the machine what time it is, and why; the sandbox has a clock of its own."""
TESTS_IN_REAL_TIME = {
    "tests/bench/growth/test_growth.py": "a year of leads that ends today, as commands of today see it",
    "tests/every_hour.py": "fakes the machine's time",
    "tests/hubspot/api/test_gateway.py": "how long Redis, by its own clock, holds calls back",
    "tests/sandbox/test_clock.py": "how far the portal is from the real time",
    "tests/web/test_health.py": "how long ago something was, by the clock of Redis",
    "tests/workers/test_processes.py": "a lead that comes to real processes at this moment",
    "tests/world/hubspot_app.py": "when webhooks of a real portal arrived",
    "tests/world/time.py": "the tests' clock, which starts at NOW and goes on as real time does",
}


def test_only_tests_about_shipped_files_read_the_shipped_config() -> None:
    assert {str(path) for path, text in python_files("tests") if reads_config(text)} == ABOUT_SHIPPED_FILES


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('CONFIG = Path(__file__).parents[3] / "config"', True),
        ('CONFIG = HOME / "config" / "team.yaml"', True),
        ('files = read_rule_files(Path("config"))', True),
        ('files = read_rule_files(Path("../config/team.yaml"))', True),
        ("from router.cli.demo import SHIPPED", True),
        ('copy = tmp_path / "config"', False),
        ('routing = fleet.directory / "config" / "routing.yaml"', False),
        ('client.execute_command("config", "set")', False),
    ],
)
def test_reading_the_shipped_config_is_found_however_it_is_written(line: str, found: bool) -> None:
    assert reads_config(line) is found


def test_no_test_module_imports_from_another_one_or_from_a_conftest() -> None:
    found = {str(path): wrong for path, text in python_files("tests") if (wrong := imports_of_tests(text))}

    assert found == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from tests.routing.conftest import OWNERS", ["tests.routing.conftest"]),
        ("from tests.cli import test_away", ["tests.cli.test_away"]),
        ("import tests.ledger.test_ledger as other", ["tests.ledger.test_ledger"]),
        ("from .test_claims import queued", ["test_claims"]),
        ("from tests.world.leads import queued", []),
        ("import pytest", []),
    ],
)
def test_an_import_from_a_test_module_is_found_however_it_is_written(line: str, found: list[str]) -> None:
    assert imports_of_tests(line) == found


def test_only_few_files_of_the_product_ask_the_machine_what_time_it_is() -> None:
    found = {str(path) for path, text in python_files("router", "workers") if asks_the_machine(text)}

    assert {one for one in found if not one.startswith("router/sandbox/")} == set(REAL_CLOCKS)


def test_only_tests_about_real_time_ask_the_machine_what_time_it_is() -> None:
    found = {str(path) for path, text in python_files("tests") if asks_the_machine(text)}

    assert found == set(TESTS_IN_REAL_TIME)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("now = datetime.now(UTC)", True),
        ("now = datetime.datetime.now(tz=UTC)", True),
        ("began = time.time()", True),
        ("today = date.today()", True),
        ("factory = datetime.now", True),
        ("began = time.monotonic()", False),
        ("now = services.clock()", False),
    ],
)
def test_asking_the_machine_is_found_however_it_is_written(line: str, found: bool) -> None:
    assert asks_the_machine(line) is found


def python_files(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every Python file below these folders but this one, with its text; paths begin at the repository."""
    for folder in folders:
        for path in sorted((HOME / folder).rglob("*.py")):
            if path != Path(__file__):
                yield path.relative_to(HOME), path.read_text("utf-8")


def reads_config(text: str) -> bool:
    """Whether it makes a path to config/ that begins at the repository, or takes the product's."""
    if "config" not in text and "SHIPPED" not in text:
        return False
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and any(one.name == "SHIPPED" for one in node.names):
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _is_config(node.right):
            begins = ast.unparse(node.left)
            if "__file__" in begins or begins.isupper():
                return True
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "Path"
            and any(map(_is_config, node.args))
        ):
            return True
    return False


def _is_config(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return "config" in Path(node.value).parts


def imports_of_tests(text: str) -> list[str]:
    """The test modules and conftests that it imports, or imports from."""
    named: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            named += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            held = module.rpartition(".")[2]
            whole = held == "conftest" or held.startswith("test_")
            named += [module] if whole else [f"{module}.{one.name}" for one in node.names]
    ours = (one for one in named if one.startswith("tests.") or "." not in one)
    return [one for one in ours if (last := one.rpartition(".")[2]) == "conftest" or last.startswith("test_")]


def asks_the_machine(text: str) -> bool:
    """Whether it reads the clock of the machine: the date, not the time that passes."""
    asked = {"now", "utcnow", "today", "time", "time_ns"}
    return any(
        isinstance(node, ast.Attribute) and node.attr in asked and _is_a_clock(node.value)
        for node in ast.walk(ast.parse(text))
    )


def _is_a_clock(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"datetime", "date", "time"}
