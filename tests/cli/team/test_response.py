"""What `router response` answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from router.ledger.follow_ups import Seen
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.leads import LEAD_OF_THE_SOUTH

RouteNow = Callable[[list[str]], None]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def answered(services: Services, sandbox: SandboxClient, route_now: RouteNow) -> str:
    """Nine leads; the first was answered after 20 minutes, the second far too late. Who has the second."""
    route_now(sandbox.create_exactly([LEAD_OF_THE_SOUTH for _ in range(9)], announce=False))
    first, second, *_ = services.ledger.follow_ups.since(LONG_AGO)
    services.ledger.follow_ups.note(
        [
            Seen(first.decision_id, "OPEN", "opportunity", first.assigned_at + timedelta(minutes=20), "won",
                 first.assigned_at),
            Seen(second.decision_id, "OPEN", "lead", second.assigned_at + timedelta(days=30), None, None),
        ],
        at=services.clock(),
    )  # fmt: skip
    assert second.rep is not None
    return second.rep


@pytest.mark.usefixtures("answered")
def test_everybody_is_told_within_eighty_columns(run: Run) -> None:
    told, facts = run("response"), json.loads(run("response", "--team", "sud", "--json").stdout)

    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "20min" in told.stdout
    assert any(line.startswith("all ") for line in told.stdout.splitlines())
    assert [total(facts, name) for name in ("received", "answered", "won", "late")] == [9, 2, 1, 1]


def total(facts: dict[str, list[dict[str, int]]], name: str) -> int:
    return sum(one[name] for one in facts["reps"])


def test_a_rep_sees_the_leads_that_were_late(run: Run, answered: str, services: Services) -> None:
    late = [one for one in services.ledger.follow_ups.since(LONG_AGO) if one.rep == answered][0:9]

    told = run("response", "--rep", answered)
    facts = json.loads(run("response", "--rep", answered, "--json").stdout)

    assert "1 lead not answered in time" in told.stdout
    assert "after 30d 00h" in told.stdout
    assert facts["late"][0]["contact_id"] in {one.contact_id for one in late}


def test_nothing_yet_is_a_sentence(run: Run) -> None:
    assert "No rep was given a lead since" in run("response", "--rep", "hugo").stdout


@pytest.mark.parametrize(("option", "name"), [("--rep", "hugoo"), ("--team", "sudd")])
def test_a_name_that_there_is_not_is_a_misuse(run: Run, option: str, name: str) -> None:
    answer = run("response", option, name)

    assert answer.exit_code == 2
    assert f"There is no {option[2:]} '{name}'." in answer.stderr
