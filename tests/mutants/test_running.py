"""What counts as noticed: a test that failed, and not one that could not run to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.pure import pure_modules
from tests.mutants.running import Outcome, judged, run_tests, try_mutant
from tests.mutants.table import Mutant


@pytest.mark.parametrize(
    ("code", "said", "verdict", "by"),
    [
        (0, "3 passed", "survived", ""),
        (1, "FAILED tests/a.py::test_it - assert 1 == 2\n1 failed", "killed", "tests/a.py::test_it"),
        (1, "ERROR tests/a.py::test_it - OSError", "not judged", "ERROR tests/a.py::test_it - OSError"),
        (
            1,
            "E  Failed: Timeout (>120.0s) from pytest-timeout.\nFAILED tests/a.py::test_it - Fail",
            "not judged",
            "E  Failed: Timeout (>120.0s) from pytest-timeout.\nFAILED tests/a.py::test_it - Fail",
        ),
        (2, "ERROR collecting tests/a.py", "not judged", "ERROR collecting tests/a.py"),
        (None, "They did not end within 300 s.", "not judged", "They did not end within 300 s."),
    ],
)
def test_a_mutant_is_killed_by_a_test_that_failed_and_by_nothing_else(
    code: int | None, said: str, verdict: str, by: str
) -> None:
    assert judged(code, said) == (verdict, by)


@pytest.mark.parametrize(
    ("verdict", "because", "is_fine"),
    [
        ("killed", "", True),
        ("survived", "", False),
        ("survived", "it is the same", True),
        ("not judged", "", False),
        ("not judged", "it is the same", False),
    ],
)
def test_only_a_survivor_can_be_explained(verdict: str, because: str, is_fine: bool) -> None:
    mutant = Mutant("a name", "f", "b", "a", (), survives_because=because)

    assert Outcome(mutant, verdict, 0.1).is_fine is is_fine  # type: ignore[arg-type]


def test_a_mutant_is_put_into_the_copy_and_taken_out_again(tmp_path: Path) -> None:
    (tmp_path / "guarded.py").write_text("GUARD = True\n")
    (tmp_path / "test_code.py").write_text("import guarded\n\ndef test_it():\n    assert guarded.GUARD\n")
    mutant = Mutant("a name", "guarded.py", "GUARD = True", "GUARD = False", ("test_code.py",))

    outcome = try_mutant(mutant, tree=tmp_path)

    assert (outcome.verdict, outcome.by) == ("killed", "test_code.py::test_it")
    assert run_tests(mutant.tests, tree=tmp_path)[0] == 0


def test_tests_that_do_not_end_are_ended_and_have_no_exit_code(tmp_path: Path) -> None:
    (tmp_path / "test_code.py").write_text("import time\n\ndef test_it():\n    time.sleep(600)\n")

    code, said = run_tests(("test_code.py",), tree=tmp_path, limit_s=0.1)

    assert (code, said) == (None, "They did not end within 0.1 s.")


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["next_look"], ["router.routing.verification.next_look"]),
        (["intake/recall"], ["router.routing.intake.recall"]),
        (["transitions/gone"], ["router.routing.intake.transitions.gone"]),
        (["transitions/apply"], []),
        (["erased"], []),
    ],
)
def test_pure_modules_are_chosen_by_a_part_of_their_path(words: list[str], chosen: list[str]) -> None:
    assert pure_modules(words) == chosen


def test_without_a_word_every_pure_module_is_tried() -> None:
    assert {"router.routing.intake.classify", "router.routing.intake.transitions.owned"} < set(
        pure_modules([])
    )
