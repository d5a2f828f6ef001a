"""Everything that is printed goes through one place, which writes control characters out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY = {
    "echo": {"router/cli/shared/output.py"},
    "secho": set[str](),
    "style": {"router/cli/shared/output.py"},
    "confirm": {"router/cli/shared/output.py"},
    "prompt": set[str](),
    "progressbar": set[str](),
    "echo_via_pager": set[str](),
    "print": {"router/web/serve.py"},
    "Console": {"router/cli/shared/screen.py"},
    "stdout": {"workers/__main__.py", "router/cli/up.py"},
    "stderr": {"workers/__main__.py", "router/security/printing.py", "router/telemetry.py"},
}
"""Who may call what; `sys.stdout` is flushed at the end of a worker, and asked whether it is a terminal;
the receiver prints its own address there."""

CALLED = {"print", "Console"}


def written_by(source: str) -> Iterator[str]:
    """The names of the ways to a terminal that a module uses."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("print", "Console")
        ):
            yield node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("click", "rich", "sys") and node.attr in MAY:
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.module in ("click", "rich", "sys", "builtins"):
            yield from (name.name for name in node.names if name.name in MAY)


def used_in(path: Path) -> set[str]:
    return set(written_by((ROOT / path).read_text("utf-8")))


def modules() -> list[Path]:
    found = [path for folder in ("router", "workers") for path in (ROOT / folder).rglob("*.py")]
    return [path.relative_to(ROOT) for path in found if "sandbox" not in path.parts]


def test_nothing_is_printed_elsewhere() -> None:
    found = {
        str(path): ways
        for path in modules()
        if (
            ways := {way for way in written_by((ROOT / path).read_text("utf-8")) if str(path) not in MAY[way]}
        )
    }

    assert found == {}


@pytest.mark.parametrize(
    "source",
    ["print(1)", "click.echo(1)", "from click import secho", "out = Console()", "sys.stdout.write('')"],
)
def test_other_ways_are_seen(source: str) -> None:
    assert list(written_by(source))
