"""What is told of a night: the numbers, the brake, and no contact's id to a chat."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import orjson
import pytest

from router.notify.night.night_message import NightMessage
from router.notify.night.night_page import night_page
from router.notify.night.night_words import headline
from router.policy.reports.night_report import (
    Brake,
    NightMove,
    NightReport,
    report_as_record,
    report_of_record,
)

PARIS = ZoneInfo("Europe/Paris")
BEGAN, ENDED = "2026-11-24T01:30:00+00:00", "2026-11-24T01:42:00+00:00"


def a_night(*moves: NightMove, brake: Brake | None = None, drifted: tuple[str, ...] = ()) -> NightReport:
    return NightReport("2026-11-24", BEGAN, ENDED, brake=brake, drifted=drifted).with_moves(moves)


def moved(contact_id: str = "501", rule: str = "Est") -> NightMove:
    return NightMove(contact_id, "gone", "", "hugo", "lea", rule, "moved")


@pytest.mark.parametrize(
    ("report", "english", "french"),
    [
        (a_night(), "No lead had to move", "Aucun lead n'a dû changer de mains"),
        (a_night(moved()), "1 lead has a new owner", "1 lead a changé de mains"),
        (
            a_night(brake=Brake("count", 1412, 200, 9000)),
            "The brake holds: 1,412 leads would move, none has",
            "Le frein tient : 1\u202f412 leads devraient changer de mains, aucun ne l'a fait",
        ),
    ],
)
def test_the_headline_is_enough_for_whoever_reads_no_further(
    report: NightReport, english: str, french: str
) -> None:
    assert (headline(report, "en"), headline(report, "fr")) == (english, french)


@pytest.mark.parametrize("kind", ["slack", "teams", "json"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_chat_reads_counts_and_the_remedy_and_no_contact(kind: str, language: str) -> None:
    held = NightMove("501501501", "gone", "", "hugo", "lea", "Est", "held")
    report = a_night(held, brake=Brake("share", 41, 10, 100), drifted=("routing.yaml:3:1: <x> & y.",))

    body = orjson.dumps(NightMessage(report, language, PARIS).body(kind)).decode()  # type: ignore[arg-type]

    assert "router sweep --approve" in body
    assert "41" in body
    assert "501501501" not in body
    assert kind != "slack" or "&lt;x&gt; &amp; y." in body


def test_only_a_night_without_news_is_quiet() -> None:
    assert a_night().is_quiet
    assert not a_night(moved()).is_quiet
    assert not a_night(drifted=("gone",)).is_quiet
    assert not a_night(brake=Brake("count", 300, 200, 9000)).is_quiet


def test_a_report_comes_back_from_its_record() -> None:
    report = a_night(moved(), brake=Brake("count", 1, 0, 5, "nadia", ENDED), drifted=("gone",))

    written = orjson.loads(orjson.dumps(report_as_record(report)))

    assert report_of_record(written, report.moves) == report


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_escapes_what_people_wrote_and_cuts_what_nobody_reads(language: str) -> None:
    moves = [moved(str(500 + number), rule="<script>alert(1)</script>") for number in range(520)]

    page = night_page(a_night(*moves), language=language, zone=PARIS, portal="4242")

    assert "<script>" not in page
    assert page.count("<tr>") == 1 + 500
    assert "20" in page.split("</table>")[1][:80]
    assert f'<html lang="{language}">' in page
