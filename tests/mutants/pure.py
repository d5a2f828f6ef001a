"""`python -m tests.mutants.pure [NAME …]`: mutmut on the pure parts (see pyproject.toml).

Its survivors are compared with `survivors.toml`, where each is explained. A name may hold `*`:
"*owner_history*" tries the mutants of one module.

Exit code 0 if every survivor is explained, 1 if not, 2 if mutmut did not run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from tests.mutants.running import copy_tree

EXPLAINED: Final = Path(__file__).with_name("survivors.toml")
SURVIVED: Final = {0: "survived", 33: "not tested", 5: "not tested"}
"""Exit codes of mutmut's tests that say that nobody noticed."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: the function, and the line as mutmut changed it."""

    function: str
    before: str
    after: str
    verdict: str


def main(names: Sequence[str]) -> int:
    """Run mutmut in a copy of the tree and report its survivors; `names` choose some mutants."""
    out = Console(highlight=False, soft_wrap=True)
    explained = {
        (one["function"], one["after"])
        for one in tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", ())
    }
    with tempfile.TemporaryDirectory(prefix="mutmut-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", "2", *names]
        ran = subprocess.run(command, cwd=tree, check=False)
        codes = {
            name: code
            for name, code in _exit_codes(tree)
            if not names or any(fnmatch(name, one) for one in names)
        }
        if not codes or None in codes.values():
            out.print(f"mutmut did not try every mutant (exit code {ran.returncode}).")
            return 2
        silent = {name: SURVIVED[code] for name, code in codes.items() if code in SURVIVED}
        survivors = [_survivor(name, verdict, tree=tree) for name, verdict in silent.items()]
    new = [one for one in survivors if (one.function, one.after) not in explained]
    for one in new:
        out.print(f"\n{one.verdict}: {one.function}\n  - {one.before}\n  + {one.after}", markup=False)
    out.print(
        f"\n{len(codes) - len(survivors)} of {len(codes)} mutants were noticed; "
        f"{len(survivors) - len(new)} explained ones survive, {len(new)} others."
    )
    return 1 if new else 0


def _exit_codes(tree: Path) -> Iterator[tuple[str, int | None]]:
    for path in sorted((tree / "mutants").rglob("*.meta")):
        yield from orjson.loads(path.read_bytes())["exit_code_by_key"].items()


def _survivor(name: str, verdict: str, *, tree: Path) -> Survivor:
    diff = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", name],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    removed = [line[1:].strip() for line in diff if line.startswith("-") and not line.startswith("---")]
    added = [line[1:].strip() for line in diff if line.startswith("+") and not line.startswith("+++")]
    return Survivor(name.rpartition("__mutmut_")[0], " ".join(removed), " ".join(added), verdict)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
