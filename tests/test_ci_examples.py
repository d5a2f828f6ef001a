"""What we give people for their pull requests: pinned, with least rights, naming commands that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from router.cli.commands import COMMANDS

HOME = Path(__file__).parents[1]


def parsed(name: str) -> Any:
    return yaml.load((HOME / name).read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only


@pytest.fixture
def jobs() -> dict[str, Any]:
    return dict(parsed(".github/workflows/rules.yml")["jobs"])


def test_every_action_is_pinned_to_a_commit_and_githubs_own(jobs: dict[str, Any]) -> None:
    used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]

    assert len(used) == 3
    assert all(
        re.fullmatch(r"actions/(checkout|setup-python|github-script)@[0-9a-f]{40}", one) for one in used
    )


def test_what_the_pull_request_brings_never_runs_where_comments_may_be_written(jobs: dict[str, Any]) -> None:
    assert parsed(".github/workflows/rules.yml")["permissions"] == {}
    assert jobs["rules"]["permissions"] == {"contents": "read"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    assert [step["uses"].partition("@")[0] for step in jobs["comment"]["steps"]] == ["actions/github-script"]


def test_no_text_of_the_pull_request_becomes_part_of_a_script(jobs: dict[str, Any]) -> None:
    steps = [step for job in jobs.values() for step in job["steps"]]
    scripts = [step.get("run", "") + step.get("with", {}).get("script", "") for step in steps]

    assert not any("${{" in script for script in scripts)


def test_the_hooks_call_commands_that_exist() -> None:
    hooks = parsed(".pre-commit-hooks.yaml")

    assert [hook["entry"].split()[0] for hook in hooks] == ["router"] * 3
    assert {hook["entry"].split()[1] for hook in hooks} <= COMMANDS.keys()
    assert all(re.search(hook["files"], "config/routing.yaml") for hook in hooks)
    assert not any(re.search(hook["files"], "README.md") for hook in hooks)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("~~~~\n# Approved\n", "    ~~~~\n# Approved\n"),
        ("a\r~~~~\r# Approved", "a\n    ~~~~\n# Approved"),
        ("a\r\n   ~~~~~~\n", "a\n\n    ~~~~~~\n"),
        ("\t~~~~\n", "    ~~~~\n"),
        ("\u200b~~~~\n", "    ~~~~\n"),
        ("\x00~~~~\x1b[2J\x07\n", "    ~~~~[2J\n"),
        ("```\n", "    ```\n"),
        ("a\u2028~~~~\u0085b\u202ec\u2066d\ufeffe", "a ~~~~ b c d e"),
        ("Île-de-France, 東京 ✓\n", "Île-de-France, 東京 ✓\n"),
    ],
)
def test_nothing_that_a_command_says_ends_the_block_of_the_comment(
    jobs: dict[str, Any], written: str, shown: str
) -> None:
    (script,) = (step["run"] for step in jobs["rules"]["steps"] if "as_text()" in step.get("run", ""))
    (function,) = re.findall(r"^as_text\(\) \{.*?^\}$", script, re.MULTILINE | re.DOTALL)

    said = subprocess.run(
        ["/bin/bash", "-c", f"{function}\nas_text"], input=written.encode(), capture_output=True, check=True
    )

    assert said.stdout.decode() == shown
    assert not re.search(r"^ {0,3}(~~~|```)", said.stdout.decode(), re.MULTILINE)
