"""The table of mutants fits the tree, and says in one sentence where it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants.table import Mutant, mistakes_in, read_table

GOOD = Mutant("a name", "code.py", "guard()", "pass", ("test_code.py::test_it",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "code.py").write_text("guard()\nother()\nother()\n")
    (tmp_path / "test_code.py").touch()
    return tmp_path


def test_every_guard_of_the_table_stands_exactly_once_in_its_file() -> None:
    assert mistakes_in(read_table()) == []


@pytest.mark.parametrize(
    ("mutant", "says"),
    [
        (GOOD, ""),
        (replace(GOOD, before="gone()"), "a name: its text stands 0 times in code.py, not once"),
        (replace(GOOD, before="other()"), "a name: its text stands 2 times in code.py, not once"),
        (replace(GOOD, file="moved.py"), "a name: there is no file moved.py"),
        (replace(GOOD, after="guard()"), "a name: before and after are the same."),
        (replace(GOOD, tests=("test_moved.py",)), "a name: there is no test file test_moved.py."),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_the_remedy(tree: Path, mutant: Mutant, says: str) -> None:
    found = mistakes_in((mutant,), tree)

    assert "\n".join(found).startswith(says)
    assert bool(found) is bool(says)


def test_two_mutants_of_one_name_are_a_mistake(tree: Path) -> None:
    assert mistakes_in((GOOD, GOOD), tree)[0] == "a name: there are two mutants of this name."


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('[[mutant]]\nname = "x"\nfile = "f"\nbefore = "b"\nafter = "a"', "x: 'tests' is missing."),
        ('[[mutant]]\nname = "x"\nfiel = "f"', "x: there is no key 'fiel'."),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, row: str, says: str) -> None:
    table = tmp_path / "guards.toml"
    table.write_text(row)

    with pytest.raises(ValueError, match=says):
        read_table(table)
