"""Running processes take up changed rule files by themselves, and survive whatever is put in their place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.checker import check
from tests.world.fleet import WEIGHTS, Fleet, a_fleet, announce_to, said, until
from tests.world.leads import a_hot_contact

WITHIN_S = 60.0
PROCESSES = ("worker0", "worker1", "housekeeping", "cron")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with a_fleet(tmp_path, workers=2) as running:
        announce_to(running, duplicates=0.0)
        assert until(lambda: all(running.times_rules_went_live(name) == 1 for name in PROCESSES), within_s=60)
        yield running


def verdicts_published(fleet: Fleet) -> int:
    """How often a process has published whether rule files may go live."""
    return fleet.commands.read_text(errors="replace").count(f'"SET" "{fleet.keys.rules_verdict("")}')


def change(fleet: Fleet, old: str, new: str) -> None:
    routing = fleet.directory / "config" / "routing.yaml"
    text = routing.read_text()
    assert old in text
    routing.write_text(text.replace(old, new))


def all_owned(fleet: Fleet, ids: list[str], *, within_s: float = 20) -> bool:
    return until(lambda: not check(fleet.sandbox, ids, weights=WEIGHTS).lost, within_s=within_s)


def test_every_process_takes_up_a_change(fleet: Fleet) -> None:
    change(fleet, "default: 4h", "default: 1h")

    taken_up = until(
        lambda: all(fleet.times_rules_went_live(name) == 2 for name in PROCESSES), within_s=WITHIN_S
    )

    assert taken_up
    assert fleet.respawns == 0


def test_one_process_judges_a_change_for_all(fleet: Fleet) -> None:
    at_the_start = verdicts_published(fleet)
    change(fleet, "default: 4h", "default: 1h")

    taken_up = until(
        lambda: all(fleet.times_rules_went_live(name) == 2 for name in PROCESSES), within_s=WITHIN_S
    )

    assert taken_up
    assert (at_the_start, verdicts_published(fleet)) == (1, 2)


def test_files_that_vanish_in_the_middle_of_it_stop_no_lead(fleet: Fleet) -> None:
    shutil.rmtree(fleet.directory / "config")
    told = until(lambda: bool(said(fleet, "rules_refused")), within_s=WITHIN_S)

    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(10)])

    assert told
    assert all_owned(fleet, ids)
    assert said(fleet, "rules_missing") == []
    assert fleet.respawns == 0


def test_a_start_without_any_good_rules_keeps_leads_until_they_are_mended(fleet: Fleet) -> None:
    change(fleet, "rep: marc", "rep: mark")
    fleet.redis.flushall()
    for file in (fleet.directory / "var").glob("ledger.sqlite3*"):
        file.unlink()
    for name in PROCESSES:
        fleet.kill(name)
    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)])
    expected = "No rules are live, so every lead waits. routing.yaml:14:"
    told = until(lambda: any(one.startswith(expected) for one in said(fleet, "rules_missing")), within_s=60)
    waiting = check(fleet.sandbox, ids, weights=WEIGHTS).lost

    change(fleet, "rep: mark", "rep: marc")

    assert told
    assert len(waiting) == 5
    assert all_owned(fleet, ids)
