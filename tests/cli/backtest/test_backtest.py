"""What `router backtest` says, writes and answers to a merge that asks it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.backtest.backtest_limits import LimitUnclear, limit_of
from router.cli.commands import router
from router.rules_on_disk import FILES
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock

SUPPORT = "when: {type_demande: [support, candidature]}"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped rules, except that support mail is no longer left alone."""
    folder = tmp_path / "changed"
    folder.mkdir()
    for name in FILES:
        shutil.copy(COMPANY / name, folder / name)
    routing = folder / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    assert SUPPORT in text
    routing.write_text(text.replace(SUPPORT, "when: {type_demande: [candidature]}"), encoding="utf-8")
    return folder


@pytest.fixture
def export(tmp_path: Path) -> Path:
    lines = ["Record ID,createdate,email,country,zip,type_demande,shoe size"]
    for number in range(40):
        wish = ("demo", "support", "devis", "demo")[number % 4]
        lines.append(
            f"{500 + number},2026-11-02T08:{number:02}:00Z,a@b{number}.fr,France,69{number:03},{wish},43"
        )
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(router, ["backtest", *arguments], env={"CONFIG_DIR": str(folder)}, obj=Clock())


def test_it_says_what_moves_and_why(changed: Path, export: Path) -> None:
    answer = run(changed, "--leads", str(export), "--against", str(COMPANY))

    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("10 of 40 leads go elsewhere (25.0%)")
    assert "Columns that no property has, ignored: shoe size." in answer.output
    assert re.search(r"nobody +nurture \(Nurture PME 2026\) +10 +25\.0%", answer.output)
    assert "Contact 501, 2026-11-02 08:01 UTC" in answer.output
    assert max(map(len, answer.output.splitlines())) <= 80 + len(str(changed))


def test_the_same_rules_move_nothing(export: Path) -> None:
    answer = run(COMPANY, "--leads", str(export), "--against", str(COMPANY))

    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("All 40 leads go where they went.")


def test_a_broken_limit_fails_the_merge(changed: Path, export: Path) -> None:
    limits = ("--fail-if", "moved > 20%", "--fail-if", "hugo > 90%")

    answer = run(changed, "--leads", str(export), "--against", str(COMPANY), *limits)

    assert answer.exit_code == 1
    assert "Limit broken: moved is 25.00%, and the limit is: moved > 20%" in answer.output
    assert "hugo is" not in answer.output


def test_json_has_every_figure(changed: Path, export: Path) -> None:
    answer = run(changed, "--leads", str(export), "--against", str(COMPANY), "--json")

    found = json.loads(answer.stdout)
    assert (found["leads"], found["moved"], found["ok"]) == (40, 10, True)
    assert found["left_alone"] == {"before": 10, "after": 0}
    assert found["examples"][0]["contact"] == "501"
    assert found["examples"][0]["before"]["place"] == "nobody"


def test_the_page_stands_alone_and_escapes_what_it_shows(changed: Path, export: Path, tmp_path: Path) -> None:
    page, routing = tmp_path / "page.html", changed / "routing.yaml"
    routing.write_text(routing.read_text("utf-8").replace("Nurture PME 2026", "Nurture <b>"), "utf-8")

    run(changed, "--leads", str(export), "--against", str(COMPANY), "--html", str(page))

    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") == 3
    assert "<script" not in html
    assert not re.search(r"(src|href)=", html)
    assert "Nurture &lt;b&gt;" in html
    assert "<b>" not in html
    assert "10 of 40 leads go elsewhere" in html


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--leads", "nowhere.csv"), "There is no file nowhere.csv."),
        (("--leads", "LEADS", "--since", "soon"), "'soon' is no span of time. Write it as 90d"),
        (("--leads", "LEADS", "--fail-if", "chaos"), "'chaos' is no limit. Write a figure, > or <"),
        (("--leads", "LEADS", "--fail-if", "zoe > 3"), "There is no figure 'zoe' to limit."),
    ],
)
def test_misuse_is_said_in_a_sentence(export: Path, arguments: tuple[str, ...], says: str) -> None:
    answer = run(COMPANY, *(str(export) if one == "LEADS" else one for one in arguments))

    assert answer.exit_code == 2
    assert says in " ".join(answer.output.split())


def test_a_revision_that_does_not_exist_is_said_in_a_sentence(changed: Path, export: Path) -> None:
    answer = run(changed, "--leads", str(export), "--against", "v99")

    assert answer.exit_code == 1
    assert "'v99' is no directory, and no git revision of" in answer.output


@pytest.mark.parametrize("written", ["moved", "moved = 3", "moved > many", "> 3", "moved > 3 %%", ""])
def test_what_is_no_limit_is_refused(written: str) -> None:
    with pytest.raises(LimitUnclear):
        limit_of(written, reps={})
