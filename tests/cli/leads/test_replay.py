"""What `router replay` answers."""

from __future__ import annotations

import json
from collections.abc import Callable

from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run

RouteNow = Callable[[list[str]], None]
LYON = {"email": "jeanne@boulanger-sa.fr", "zip": "69003", "country": "France", "type_demande": "demo"}


def test_a_decision_that_comes_out_again_is_identical(
    run: Run, sandbox: SandboxClient, services: Services, route_now: RouteNow
) -> None:
    (contact_id,) = sandbox.create_exactly([LYON], announce=False)
    route_now([contact_id])
    decision = services.ledger.decisions_of(contact_id)[0]["id"]

    told, facts = run("replay", decision), json.loads(run("replay", decision, "--json").stdout)

    assert told.exit_code == 0
    assert told.stdout.startswith("Identical: all 22 fields come out as recorded.")
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert (facts["identical"], facts["differences"], facts["decision"]) == (True, [], decision)


def test_a_decision_that_was_altered_is_shown_field_by_field(
    run: Run, sandbox: SandboxClient, services: Services, route_now: RouteNow
) -> None:
    (contact_id,) = sandbox.create_exactly([LYON], announce=False)
    route_now([contact_id])
    record = services.ledger.decisions_of(contact_id)[0]
    services.ledger.record([record | {"id": "altered", "rule": "Ouest"}], [])

    told = run("replay", "altered")

    assert told.exit_code == 1
    assert "Different: 2 of 22 fields." in told.stdout
    assert "rule    Ouest      France / Sud" in told.stdout


def test_a_decision_that_nobody_made_is_a_sentence(run: Run, services: Services) -> None:
    told = run("replay", "501-0-abcd")

    assert told.exit_code == 1
    assert told.stderr.startswith("Lead Router has never made a decision 501-0-abcd.")


def test_a_lead_older_than_the_ledger_keeps_is_a_sentence(
    run: Run, sandbox: SandboxClient, services: Services, route_now: RouteNow
) -> None:
    (contact_id,) = sandbox.create_exactly([LYON], announce=False)
    route_now([contact_id])
    record = services.ledger.decisions_of(contact_id)[0]
    old = record | {"id": "77-0-old", "contact_id": "77", "decided_at": "2025-01-07T09:00:00+00:00"}
    services.ledger.record([old], [])
    before = {"before": services.clock().date(), "remembered": lambda _: (), "now": services.clock()}
    services.ledger.pruning.prune_some(**before, longest_s=60)  # type: ignore[arg-type]

    for told in (run("replay", "77-0-old"), run("explain", "77")):
        assert told.exit_code == 1
        assert told.stderr.startswith("Leads decided before 2025-01-08 (UTC) are older than LEDGER_KEEP:")
    summed = run("fairness", "--since", "9999d")
    assert "Days before 2025-01-08 (UTC) are older than LEDGER_KEEP." in " ".join(summed.stdout.split())
    sentence = "Leads decided before 2025-01-08 (UTC) are older than LEDGER_KEEP, and left out."
    for command in (["reroute", "--rule", record["rule"]], ["compare"], ["backtest", "--leads", "ledger"]):
        assert sentence in " ".join(run(*command, "--since", "9999d").output.split())
        assert "LEDGER_KEEP" not in run(*command, "--since", "7d").output
