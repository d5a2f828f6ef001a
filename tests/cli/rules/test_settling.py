"""What `router settling` answers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from router.routing.portal.services import Services
from tests.world.command_line import Run
from tests.world.records import a_record


def waited(
    services: Services, number: int, *, came: bool, ago: timedelta = timedelta(hours=1)
) -> dict[str, Any]:
    """A decision after a wait of 6 seconds for the job title."""
    settled = {"waited_ms": 6_000, "waited_for": ["jobtitle"], "still_open": [] if came else ["jobtitle"]}
    at = services.clock() - ago + timedelta(milliseconds=number)
    return a_record(str(number)) | {"decided_at": at.isoformat(), "inputs": {"settled": settled}}


def test_each_fact_is_shown_with_the_advice_not_to_wait(run: Run, services: Services) -> None:
    old = waited(services, 99, came=True, ago=timedelta(days=40))
    services.ledger.record([*(waited(services, number, came=False) for number in range(20)), old], [])
    services.ledger.record([a_record("200") | {"decided_at": services.clock().isoformat()}], [])

    told, facts = run("settling"), json.loads(run("settling", "--json").stdout)
    longer = json.loads(run("settling", "--since", "8w", "--json").stdout)

    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "120 s" in told.stdout
    assert "Hardly ever there in time: jobtitle." in told.stdout
    (jobtitle,) = facts["facts"]
    assert jobtitle == {
        "fact": "jobtitle",
        "waited": 20,
        "came": 0,
        "lost_s": 120.0,
        "never_late": ["jobtitle"],
        "hardly_ever_comes": True,
    }
    assert [(one["waited"], one["came"]) for one in longer["facts"]] == [(21, 1)]


def test_without_a_wait_it_says_why(run: Run) -> None:
    told = run("settling").stdout

    assert "No lead has waited for a fact since" in told
    assert "routing.yaml has no 'settle'" in told
