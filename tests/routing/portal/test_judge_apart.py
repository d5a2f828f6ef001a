"""A process of its own finds the same mistakes, and the files are judged here if it cannot."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.routing.portal import judge_apart as module
from router.routing.portal.judge_apart import judge_apart
from router.routing.portal.rules_gate import GateResult, judge
from router.rules_on_disk import read_rule_files

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)


@pytest.fixture
def broken(rules: Path) -> dict[str, bytes]:
    files = dict(read_rule_files(rules))
    return files | {"routing.yaml": files["routing.yaml"].replace(b"rep: marc", b"rep: mark")}


def test_good_files_have_no_mistakes_there(rules: Path) -> None:
    assert judge_apart(read_rule_files(rules), NOW) == GateResult(None, ())


def test_mistakes_come_back_with_their_places(broken: dict[str, bytes]) -> None:
    found = judge_apart(broken, NOW)

    assert found == judge(broken, NOW)
    assert found.mistakes


@pytest.mark.parametrize("program", ["/bin/false", "/bin/echo", "/no/such/program"])
def test_files_are_judged_here_if_no_process_can(
    broken: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)  # a system that lets us start nothing

    assert judge_apart(broken, NOW) == judge(broken, NOW)


def test_a_verdict_of_a_newer_program_on_disk_is_not_taken(
    rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "program_version", lambda: "this process has older code in memory")

    assert judge_apart(read_rule_files(rules), NOW).policy is not None
