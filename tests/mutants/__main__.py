"""`python -m tests.mutants`: put each mutant into a copy of the tree, and see whether a test notices it.

First the hand-made ones of `guards.toml`, then those that mutmut makes of the pure parts. Exit code 0 if
every mutant was noticed or its survival is explained, 1 if not, 2 if the table is wrong or tests fail without
a mutant.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from typing import Final

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.mutants.pure import pure_modules, try_pure
from tests.mutants.running import PASSED, Outcome, copy_tree, run_tests, try_mutant
from tests.mutants.table import Mutant, mistakes_in, read_table

WRONG: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen mutants, hand-made and pure, and say what was found."""
    asked = _arguments(arguments)
    out = Console(highlight=False, soft_wrap=True)
    try:
        mutants = read_table()
    except ValueError as error:
        out.print(str(error), markup=False)
        return WRONG
    if mistakes := mistakes_in(mutants):
        out.print("\n".join(mistakes), markup=False)
        return WRONG
    chosen = [
        one
        for one in mutants
        if not asked.only or any(word in one.name or word in one.file for word in asked.only)
    ]
    modules = pure_modules(asked.only)
    if asked.list or not (chosen or modules):
        names = [one.name for one in chosen] + [f"mutmut: {module}" for module in modules]
        out.print("\n".join(names) or "No mutant has that in its name or file.", markup=False)
        return 0 if names else WRONG
    hand_made = _hand_made(out, chosen, asked) if chosen else 0
    pure = try_pure(out, modules, jobs=asked.jobs) if modules and hand_made != WRONG else 0
    return max(hand_made, pure)


def _hand_made(out: Console, chosen: Sequence[Mutant], asked: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees = [Path(folder) / str(number) for number in range(max(1, asked.jobs))]
        for tree in trees:
            copy_tree(tree)
        if asked.baseline and not _is_green(out, chosen, trees[0]):
            return WRONG
        outcomes = _try_all(out, chosen, trees)
    _report(out, outcomes)
    if asked.json:
        asked.json.write_bytes(orjson.dumps([_row(one) for one in outcomes], option=orjson.OPT_INDENT_2))
    return 0 if all(one.is_fine for one in outcomes) else 1


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=main.__doc__)
    parser.add_argument("only", nargs="*", help="run the mutants with one of these in their name or file")
    parser.add_argument("--list", action="store_true", help="list the mutants and run none")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried side by side (2)")
    parser.add_argument("--json", type=Path, help="write the outcome of each hand-made one to this file")
    parser.add_argument(
        "--no-baseline",
        dest="baseline",
        action="store_false",
        help="do not run the tests without a mutant first",
    )
    return parser.parse_args(given)


def _is_green(out: Console, mutants: Sequence[Mutant], tree: Path) -> bool:
    """True if every test passes without a mutant: else a failure would say nothing."""
    tests = tuple(sorted({test for one in mutants for test in one.tests}))
    out.print(f"Without a mutant: {len(tests)} sets of tests …")
    code, said = run_tests(tests, tree=tree, stop_at_once=False)
    if code != PASSED:
        failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        out.print("These fail without any mutant; mend them first:", "\n".join(failed) or said, markup=False)
    return code == PASSED


def _try_all(out: Console, mutants: Sequence[Mutant], trees: Sequence[Path]) -> list[Outcome]:
    free: Queue[Path] = Queue()
    for tree in trees:
        free.put(tree)

    def attempt(mutant: Mutant) -> Outcome:
        tree = free.get()
        try:
            return try_mutant(mutant, tree=tree)
        finally:
            free.put(tree)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(len(trees)) as pool, Progress(*columns, console=out) as progress:
        task = progress.add_task("mutants", total=len(mutants))
        try:
            for done in as_completed([pool.submit(attempt, one) for one in mutants]):
                outcome = done.result()
                outcomes.append(outcome)
                if not outcome.is_fine:
                    progress.console.print(f"{outcome.verdict}: {outcome.mutant.name}", markup=False)
                progress.advance(task)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    order = {one.name: place for place, one in enumerate(mutants)}
    return sorted(outcomes, key=lambda one: order[one.mutant.name])


def _report(out: Console, outcomes: Sequence[Outcome]) -> None:
    counts = Counter(one.verdict for one in outcomes if one.is_fine)
    others = [one for one in outcomes if not one.is_fine]
    for one in others:
        out.print(f"\n{one.verdict}: {one.mutant.name} ({one.mutant.file})", markup=False)
        out.print(one.by or f"No test noticed: {', '.join(one.mutant.tests)}", markup=False)
    for one in outcomes:
        if one.verdict == "killed" and one.mutant.survives_because:
            out.print(f"\n{one.mutant.name} is noticed: its explanation can go.", markup=False)
    out.print(
        f"\nGuards: {counts['killed']} of {len(outcomes)} mutants were noticed; "
        f"{counts['survived']} explained ones survive, {len(others)} others."
    )


def _row(one: Outcome) -> dict[str, object]:
    return {
        "name": one.mutant.name,
        "file": one.mutant.file,
        "verdict": one.verdict,
        "by": one.by,
        "took_s": round(one.took_s, 1),
        "survives_because": one.mutant.survives_because,
    }


if __name__ == "__main__":
    sys.exit(main())
