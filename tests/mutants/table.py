"""The table of hand-made mutants (`guards.toml`), read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TABLE: Final = Path(__file__).with_name("guards.toml")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard removed: `before` stands exactly once in `file` and becomes `after`; `tests` must notice.

    `survives_because` explains a mutant that no test can tell from the program; it is run nevertheless.
    """

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    survives_because: str = ""


def read_table(path: Path = TABLE) -> tuple[Mutant, ...]:
    """Every mutant of the table. Raises `ValueError` if a key is missing or unknown."""
    known = {one.name for one in fields(Mutant)}
    found = []
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
        label = row.get("name", "a mutant without a name")
        if unknown := row.keys() - known:
            raise ValueError(f"{path.name}: {label}: there is no key '{min(unknown)}'.")
        if missing := known - row.keys() - {"survives_because"}:
            raise ValueError(f"{path.name}: {label}: '{min(missing)}' is missing.")
        found.append(Mutant(**{**row, "tests": tuple(row["tests"])}))
    return tuple(found)


def mistakes_in(mutants: tuple[Mutant, ...], root: Path = ROOT) -> list[str]:
    """What is wrong with the table: a sentence each, with the remedy."""
    found = []
    names = [one.name for one in mutants]
    found += [f"{name}: there are two mutants of this name." for name in set(names) if names.count(name) > 1]
    for one in mutants:
        path = root / one.file
        times = path.read_text(encoding="utf-8").count(one.before) if path.exists() else 0
        if not path.exists():
            found.append(f"{one.name}: there is no file {one.file}; name the file where the guard is now.")
        elif times != 1:
            found.append(
                f"{one.name}: its text stands {times} times in {one.file}, not once; copy the guard anew:\n"
                f"{one.before}"
            )
        if one.before == one.after:
            found.append(f"{one.name}: before and after are the same.")
        found += [
            f"{one.name}: there is no test file {test}."
            for test in one.tests
            if not (root / test.partition("::")[0]).exists()
        ]
    return found
