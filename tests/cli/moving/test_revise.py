"""`router revise`: the brake of late facts is shown, and released by a person."""

from __future__ import annotations

import json

from router.routing.portal.services import Services
from router.store.settling.revision_brake import RevisionsHeld
from tests.world.command_line import Run


def hold(services: Services) -> None:
    services.store.revision_brake.hold(RevisionsHeld("2026-11-24T09:15:00+00:00", 61, 50))


def test_what_late_facts_have_moved_is_said(run: Run, services: Services) -> None:
    services.store.revision_brake.note(3, now_ms=services.now_ms())

    told = run("revise")
    facts = json.loads(run("revise", "--json").stdout)

    assert told.exit_code == 0, told.stderr
    assert told.stdout == "3 leads taken from their owner by late facts in the last hour.\n"
    assert facts == {"moved_last_hour": 3, "approved": False, "held": None, "approves": False}


def test_a_person_lets_late_facts_go_on(run: Run, services: Services) -> None:
    hold(services)

    told = run("revise")
    assert "61 leads within an hour are more than 50" in told.stdout
    assert "router revise --approve" in told.stdout
    assert services.store.revision_brake.held() is not None

    approved = run("revise", "--approve", "--yes")
    assert approved.exit_code == 0, approved.stderr
    assert services.store.revision_brake.held() is None
    assert services.store.revision_brake.is_released()


def test_json_approves_only_with_yes(run: Run, services: Services) -> None:
    hold(services)

    shown = json.loads(run("revise", "--approve", "--json").stdout)
    assert (shown["held"]["limit"], shown["approves"]) == (50, False)
    assert services.store.revision_brake.held() is not None

    run("revise", "--approve", "--json", "--yes")
    assert services.store.revision_brake.held() is None


def test_nothing_to_approve_is_said(run: Run, services: Services) -> None:
    told = run("revise", "--approve")

    assert told.exit_code == 1
    assert "Nothing waits for approval" in told.stderr
