"""No regular expression takes more than linear time, whatever a stranger writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.world.regex_steps import slow_text

ROOT = Path(__file__).parents[2]
OF_THE_WHOLE = {"fullmatch", "match"}
SEARCHING = {"search", "sub", "split", "findall", "finditer"}
BOUNDED = {
    # The text is at most 500 characters long, see `router/policy/wording/reasons.py`.
    "router/policy/wording/reasons.py",
}


def used_in(path: Path) -> Iterator[tuple[re.Pattern[str], bool]]:
    """Every pattern of a module, and whether it has to fit the whole text."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    named: dict[str, set[bool]] = {}
    for call in calls:
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
            continue
        thing, method = call.func.value.id, call.func.attr
        if method not in OF_THE_WHOLE | SEARCHING:
            continue
        if thing == "re" and call.args and isinstance(call.args[0], ast.Constant):
            yield re.compile(call.args[0].value), method in OF_THE_WHOLE
        else:
            named.setdefault(thing, set()).add(method in OF_THE_WHOLE)
    if not named:
        return
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name, ways in named.items():
        if isinstance(pattern := getattr(module, name, None), re.Pattern):
            yield from ((pattern, whole) for whole in ways)


def modules() -> list[str]:
    found = [path for folder in ("router", "workers") for path in (ROOT / folder).rglob("*.py")]
    names = [str(path.relative_to(ROOT)) for path in found if "import re\n" in path.read_text("utf-8")]
    return sorted(name for name in names if "sandbox" not in name and name not in BOUNDED)


@pytest.mark.parametrize("module", modules())
def test_no_text_makes_a_pattern_slow(module: str) -> None:
    slow = {
        pattern.pattern: text
        for pattern, whole in used_in(ROOT / module)
        if (text := slow_text(pattern, whole=whole)) is not None
    }

    assert slow == {}


@pytest.mark.parametrize(
    ("pattern", "whole"),
    [
        (r"[^\s@]+@[^\s@]+", False),
        (r"(a+)+b", True),
        (r"(\d+)\s*(%?)\s*", True),
        (r"a{1,3}-\w+\w+@", False),
        (r"(?P<low>.*?) ?\.\. ?(?P<high>.*)", True),
    ],
)
def test_slow_patterns_are_found(pattern: str, *, whole: bool) -> None:
    assert slow_text(re.compile(pattern), whole=whole) is not None


def test_most_patterns_of_the_code_are_seen() -> None:
    assert sum(1 for module in modules() for _ in used_in(ROOT / module)) >= 30
