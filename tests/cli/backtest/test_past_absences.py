"""`router backtest` of the ledger's leads knows who was said to be away on the day."""

from __future__ import annotations

import json
from datetime import timedelta

from router.policy.explanation.decision_record import as_record
from router.routing.outbox.record import record_outbox
from router.routing.people.overrides import say_away
from router.routing.portal.services import Services
from tests.world.command_line import Run
from tests.world.policies import a_lead, deciding
from tests.world.rule_folders import COMPANY


def replayed(run: Run) -> dict[str, int]:
    told = run("backtest", "--leads", "ledger", "--against", str(COMPANY), "--json")
    assert told.exit_code == 0, told.output
    return {rep: one["before"] for rep, one in json.loads(told.stdout)["reps"].items()}


def test_whoever_was_said_to_be_away_gets_no_leads_of_those_days(run: Run, services: Services) -> None:
    policy = services.rules.policy()
    away_for = timedelta(days=3)
    began = services.clock() - timedelta(days=10)
    owners = services.people.owners.by_email()
    records = []
    for number in range(24):
        lead = a_lead(
            str(500 + number), email="a@acier.fr", country="France", zip="75011", type_demande="demo"
        )
        decision = deciding(policy, lead, owners=owners, now=began + number * timedelta(hours=3))
        records.append(decision)
    services.ledger.record([as_record(one) for one in records], [])
    without = replayed(run)
    gone = max(without, key=lambda rep: without[rep])
    event = {
        "at": (began - timedelta(hours=12)).isoformat(),
        "kind": "override",
        "rep": gone,
        "says": "away",
        "until": (began + away_for + timedelta(days=1)).isoformat(),
    }
    services.ledger.record([], [("7-7", "", event)])

    found = replayed(run)

    assert without[gone] > 0
    assert found.get(gone, 0) == 0
    assert sum(found.values()) == sum(without.values())


def test_words_of_today_are_read_back_as_they_were_said(run: Run, services: Services) -> None:
    say_away(
        "camille",
        until=services.clock() + timedelta(days=2),
        why="salon",
        rules=services.rules,
        people=services.people,
        clock=services.clock,
    )
    record_outbox(services)

    (line,) = services.ledger.events_of("")

    assert (line.kind, line.detail["says"], line.detail["rep"]) == ("override", "away", "camille")
