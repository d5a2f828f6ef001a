"""Mutants that mutmut makes of the pure parts (see pyproject.toml), compared with `survivors.toml`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, Literal

import orjson
from rich.console import Console

from tests.mutants.running import copy_tree
from tests.mutants.table import ROOT

EXPLAINED: Final = Path(__file__).with_name("survivors.toml")
_NOTICED: Final = frozenset({1, 3, 37})
_SURVIVED: Final = frozenset({0, 5, 33})
"""Exit codes of mutmut's tests: all passed, or there is none."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: the function, and the line as mutmut changed it."""

    function: str
    before: str
    after: str
    verdict: Literal["survived", "not judged"]


def pure_modules(words: Sequence[str]) -> list[str]:
    """The modules that mutmut changes; only those with one of the words in their path, if there are words."""
    given = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    paths = [ROOT / one for one in given["source_paths"]]
    files = [file for path in paths for file in (sorted(path.glob("*.py")) if path.is_dir() else [path])]
    names = {file.relative_to(ROOT).as_posix() for file in files} - set(given["do_not_mutate"])
    chosen = [name for name in sorted(names) if not words or any(word in name for word in words)]
    return [name.removesuffix(".py").replace("/", ".") for name in chosen]


def try_pure(out: Console, modules: Sequence[str], *, jobs: int) -> int:
    """Run mutmut on these modules in a copy of the tree and report.

    Returns 0 if every mutant was noticed or is explained, 1 if not, 2 if mutmut did not run.
    """
    names = [f"{module}.*" for module in modules]
    with tempfile.TemporaryDirectory(prefix="mutmut-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *names]
        ran = subprocess.run(command, cwd=tree, check=False)
        codes = {name: code for name, code in _exit_codes(tree) if any(fnmatch(name, one) for one in names)}
        if not codes or None in codes.values():
            out.print(f"mutmut did not try every mutant (exit code {ran.returncode}).")
            return 2
        survivors = [_survivor(name, code, tree=tree) for name, code in codes.items() if code not in _NOTICED]
    explained = _explained()
    new = [one for one in survivors if (one.function, one.after) not in explained]
    for one in new:
        out.print(f"\n{one.verdict}: {one.function}\n  - {one.before}\n  + {one.after}", markup=False)
    out.print(
        f"\nPure parts: {len(codes) - len(survivors)} of {len(codes)} mutants were noticed; "
        f"{len(survivors) - len(new)} explained ones survive, {len(new)} others."
    )
    return 1 if new else 0


def _explained() -> set[tuple[str, str]]:
    rows = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", ())
    return {(one["function"], one["after"]) for one in rows}


def _exit_codes(tree: Path) -> Iterator[tuple[str, int | None]]:
    for path in sorted((tree / "mutants").rglob("*.meta")):
        yield from orjson.loads(path.read_bytes())["exit_code_by_key"].items()


def _survivor(name: str, code: int | None, *, tree: Path) -> Survivor:
    diff = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", name],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    removed = [line[1:].strip() for line in diff if line.startswith("-") and not line.startswith("---")]
    added = [line[1:].strip() for line in diff if line.startswith("+") and not line.startswith("+++")]
    verdict: Literal["survived", "not judged"] = "survived" if code in _SURVIVED else "not judged"
    return Survivor(name.rpartition("__mutmut_")[0], " ".join(removed), " ".join(added), verdict)
