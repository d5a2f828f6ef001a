"""Every HTML page, written or served: nothing runs in it, nothing is loaded, and its policy says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

import router.pages
from router.cli.commands import router as command
from router.notify.night.night_page import night_page
from router.pages import page
from router.policy.reports.night_report import Brake, NightMove, NightReport
from router.rulefiles.document.policy_document import document_of
from router.web.reps.page import _page as claim_answer
from tests.world.pages import directives, faults
from tests.world.rule_files import a_catalog, policy_of
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock

TEMPLATES = Path(router.pages.__file__).parent
NASTY = "<script>alert(1)</script><style>*{}</style>\" style='x' onclick='y"
LINE = "{},2026-11-02T08:00:00Z,a@b{}.fr,France,69001,support,43"


def policy_page(_folder: Path) -> str:
    document = document_of(policy_of(), a_catalog(), language="fr")
    return page("policy.html", language="fr", title=NASTY, document=document)


def night(_folder: Path) -> str:
    moves = [NightMove(str(number), "gone", "", NASTY, "lea", NASTY, kind) for number, kind in KINDS]
    began, ended = "2026-11-24T01:30:00+00:00", "2026-11-24T01:42:00+00:00"
    brake = Brake("count", 1412, 200, 9000)
    report = NightReport("2026-11-24", began, ended, brake=brake, drifted=(NASTY,)).with_moves(moves)
    return night_page(report, language="fr", zone=ZoneInfo("Europe/Paris"), portal="4242")


KINDS = ((501, "moved"), (502, "held"), (503, "parked"))


def backtest(folder: Path) -> str:
    changed, leads, html = folder / "changed", folder / "leads.csv", folder / "page.html"
    shutil.copytree(COMPANY, changed)
    routing = changed / "routing.yaml"
    text = routing.read_text("utf-8").replace("[support, candidature]", "[candidature]")
    routing.write_text(text.replace("Nurture PME 2026", "Nurture <b>"), "utf-8")
    rows = [LINE.format(500 + number, number) for number in range(40)]
    leads.write_text("\n".join(["Record ID,createdate,email,country,zip,type_demande,x", *rows]), "utf-8")
    arguments = ["backtest", "--leads", str(leads), "--against", str(COMPANY), "--html", str(html)]
    CliRunner().invoke(command, arguments, env={"CONFIG_DIR": str(changed)}, obj=Clock())
    return html.read_text("utf-8")


def claim(_folder: Path) -> str:
    return claim_answer(NASTY, status=200, language="fr", button="Prendre").get_data(as_text=True)


PAGES: dict[str, Callable[[Path], str]] = {
    "policy.html": policy_page,
    "night.html": night,
    "backtest.html": backtest,
    "claim.html": claim,
}


def test_every_template_is_walked_here_and_has_the_policy_of_the_base() -> None:
    names = {one.name for one in TEMPLATES.glob("*.html")} - {"base.html"}

    assert names == set(PAGES)
    for name in names:
        assert (TEMPLATES / name).read_text("utf-8").startswith('{% extends "base.html" %}\n')


@pytest.mark.parametrize("template", PAGES)
def test_a_page_runs_nothing_loads_nothing_and_says_so(template: str, tmp_path: Path) -> None:
    html = PAGES[template](tmp_path)

    assert faults(html) == []
    assert "<style>" in html


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("<main>", "<script>1</script><main>"), "<script>"),
        (("<main>", '<main><p style="color:red">'), "<p style>"),
        (("<main>", '<main><p onclick="x()">'), "<p onclick>"),
        (("<main>", '<main><img src="https://x">'), "<img>"),
        (("<main>", '<main><a href="javascript:x">'), "a link to javascript:x"),
        (("</style>", " a{}</style>"), "a style that the policy does not allow"),
        (("default-src 'none'", "default-src 'self'"), "default-src"),
        (("base-uri 'none'", ""), "base-uri"),
        (("form-action 'none'", ""), "form-action"),
        (("Content-Security-Policy", "x"), "the page has to begin with one policy"),
    ],
)
def test_the_walk_sees_what_it_looks_for(change: tuple[str, str], fault: str, tmp_path: Path) -> None:
    html = policy_page(tmp_path)
    assert change[0] in html

    assert fault in faults(html.replace(*change, 1))


def test_a_served_page_has_the_same_policy_as_a_header_and_cannot_be_framed() -> None:
    answer = claim_answer("x", status=200, button="Claim")

    header = directives(answer.headers["Content-Security-Policy"])
    meta = directives(
        answer.get_data(as_text=True).split('Content-Security-Policy" content="')[1].split('"')[0]
    )
    assert header == {**meta, "frame-ancestors": "'none'"}
    assert (meta["form-action"], meta["default-src"]) == ("'self'", "'none'")
