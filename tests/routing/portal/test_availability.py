"""Are reps who are away passed over, whichever source said so, and does the decision come out again?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import redis

from router.policy.decision.decision import Assigned
from router.policy.explanation.decision_record import from_record
from router.policy.shares.share_book import LEAD
from router.routing.outbox.record import record_outbox
from router.routing.people.overrides import standings_now
from router.routing.people.refresh import refresh_availability, refresh_owners
from router.routing.portal.services import Services
from router.routing.reports.replay import replay_decision
from router.sandbox.http.client import SandboxClient
from router.store.shared.availability import Override
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import Clock

TEAM = ("camille", "hugo", "lea")


def decided(services: Services, sandbox: SandboxClient, number: int = 0) -> tuple[str, dict[str, str], str]:
    """Who gets a lead now, why others do not, and the decision's id."""
    (contact,) = sandbox.create_exactly([a_hot_contact(email=f"n{number}@acier.fr")], announce=False)
    announce(services, contact)
    route_all(services)
    record_outbox(services)
    decision = from_record(services.ledger.decisions_of(contact)[-1])
    assert isinstance(decision.outcome, Assigned)
    return (
        str(decision.outcome.rep),
        {passed.rep: passed.reason for passed in decision.passed_over},
        decision.id,
    )


def test_who_is_away_in_hubspot_gets_nothing_and_the_decision_comes_out_again(
    services: Services, sandbox: SandboxClient
) -> None:
    now_ms = services.now_ms()
    sandbox.set_availability(OWNERS["camille"], hs_availability_status="away")
    sandbox.set_availability(
        OWNERS["hugo"],
        hs_out_of_office_hours=f'[{{"startTimestamp":{now_ms - 1000},"endTimestamp":{now_ms + 3_600_000}}}]',
    )
    refresh_owners(services)

    rep, reasons, decision_id = decided(services, sandbox)

    assert rep == "lea"
    assert reasons["camille"] == "absent dans HubSpot"
    assert reasons["hugo"].endswith("(HubSpot)")
    sandbox.set_availability(OWNERS["camille"], hs_availability_status="available")
    refresh_availability(
        hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
    )
    replayed = replay_decision(services.ledger, decision_id)
    assert replayed is not None
    assert replayed.differences == ()


def test_an_override_holds_for_the_next_lead_and_ends_by_itself(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    first, _, _ = decided(services, sandbox)
    repository = services.people.availability.repository
    for rep in TEAM:
        if rep != first:
            repository.override(
                rep, Override("away", until=clock() + timedelta(hours=1), said_at=clock(), why="sick")
            )

    second, reasons, _ = decided(services, sandbox, 1)
    clock.forward(2 * 3600)
    third, later, _ = decided(services, sandbox, 2)

    assert (second, set(reasons)) == (first, set(TEAM) - {first})
    assert "sick" not in str(reasons)
    assert (third == first, later) == (False, {})


ENDLESS = '[{"startTimestamp":0,"endTimestamp":253402300799999}]'
"""Until the last millisecond of the year 9999."""


@pytest.mark.parametrize(
    ("absences", "reason"),
    [
        (ENDLESS, "absent pour plus de deux ans (HubSpot)"),
        (
            '[{"startTimestamp":1,"endTimestamp":' + "9" * 5000 + "}]",
            "compté comme absent : hs_out_of_office_hours est illisible",
        ),
    ],
    ids=["in 9999", "5,000 digits"],
)
def test_an_absence_in_hubspot_without_a_sensible_end_concerns_its_rep_alone(
    services: Services, sandbox: SandboxClient, absences: str, reason: str
) -> None:
    sandbox.set_availability(OWNERS["camille"], hs_out_of_office_hours=absences)
    refresh_owners(services)

    rep, reasons, _ = decided(services, sandbox)

    assert rep in ("hugo", "lea")
    assert reasons == {"camille": reason}
    standings_now(services.rules.policy(), people=services.people, clock=services.clock, language="fr")


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        (
            '{"kind":"away","until":"9999-12-31T23:59:59Z","said_at":"2026-11-24T09:00:00Z"}',
            "absent jusqu'au sam. 25 nov. 10:00",  # two years after it was said
        ),
        ("{", "compté comme absent : override est illisible"),
    ],
)
def test_an_override_stored_by_an_older_version_concerns_its_rep_alone(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, override: str, reason: str
) -> None:
    redis_client.hset(services.store.keys.availability, "override:camille", override)

    rep, reasons, _ = decided(services, sandbox)

    assert rep in ("hugo", "lea")
    assert reasons == {"camille": reason}


def test_overrides_from_before_the_bounds_come_back_from_the_ledger(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    decided(services, sandbox)
    for until in ("2026-12-01T09:00:00+00:00", "2026-12-01T09:00:00", "soon", "9999-12-31T23:59:59-12:00"):
        for rep in ("camille", until):
            event = {"at": services.clock().isoformat(), "kind": "override", "rep": rep, "says": "away"}
            record = orjson.dumps({**event, "until": until}).decode()
            redis_client.xadd(services.store.keys.outbox, {"kind": "event", "contact": "", "record": record})
    record_outbox(services)
    redis_client.flushall()
    services.store.inbox.open()

    rep, reasons, _ = decided(services, sandbox, 1)

    assert rep and reasons == {}  # the last word on camille cannot be read; all others are of nobody here


def test_hubspots_word_is_not_believed_for_ever(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    others = TEAM[1:]
    for rep in others:
        sandbox.set_availability(OWNERS[rep], hs_availability_status="away")
    refresh_availability(
        hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
    )
    away = decided(services, sandbox)[1]

    clock.forward(25 * 3600)

    assert set(away) == set(others)
    assert decided(services, sandbox, 1)[1] == {}


def test_a_portal_that_does_not_tell_who_is_away_keeps_its_leads_routed_by_what_was_known(
    services: Services, sandbox: SandboxClient
) -> None:
    sandbox.set_availability(OWNERS["camille"], hs_availability_status="away")
    refresh_availability(
        hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
    )
    sandbox.break_with("403", next=6, on="users")

    refresh_owners(services)

    assert not refresh_availability(
        hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
    )
    assert set(decided(services, sandbox)[1]) == {"camille"}


def test_a_user_whose_hours_are_malformed_is_routed_by_the_team_file(
    services: Services, sandbox: SandboxClient
) -> None:
    sandbox.set_availability(OWNERS["camille"], hs_working_hours="nine to five")

    assert refresh_availability(
        hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
    )
    assert decided(services, sandbox)[1] == {}


def test_who_is_away_earns_meanwhile_catches_up_and_every_decision_comes_out_again(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    team = (rules / "team.yaml").read_text("utf-8")
    changed = team.replace("[camille, hugo, lea]", "{reps: [camille, hugo, lea], time_off: {catch_up: 2}}")
    (rules / "team.yaml").write_text(changed, "utf-8")
    services.rules.refresh()
    ends = clock() + timedelta(hours=2)
    sick = Override("away", until=ends, said_at=clock(), why="sick")
    services.people.availability.repository.override("camille", sick)

    away = [decided(services, sandbox, number) for number in range(5)]
    owed = services.store.commits.read_book()[0]["credit:idf:camille"]
    clock.forward(3 * 60 * 60)
    back = [decided(services, sandbox, number) for number in range(5, 10)]

    assert owed == 2 * LEAD  # half of five leads, as far as it can wait
    assert [rep for rep, _, _ in back[:3]] == ["camille"] * 3
    fields, _ = services.store.commits.read_book()
    assert sum(value for name, value in fields.items() if name.startswith("credit:idf:")) == 0
    for _rep, _reasons, decision_id in (*away, *back):
        replayed = replay_decision(services.ledger, decision_id)
        assert replayed is not None
        assert replayed.differences == ()


def test_open_leads_are_counted_for_a_team_that_shares_by_load(
    services: Services, sandbox: SandboxClient, rules: Path
) -> None:
    text = (rules / "routing.yaml").read_text("utf-8")
    (rules / "routing.yaml").write_text(
        text.replace("{team: idf}", "{team: idf, method: least_loaded}"), "utf-8"
    )
    services.rules.refresh()
    sandbox.create_exactly(
        [{"hubspot_owner_id": OWNERS[rep], "hs_lead_status": "OPEN"} for rep in ("camille", "lea")],
        announce=False,
    )

    counted = refresh_owners(services)
    rep, _reasons, _id = decided(services, sandbox)

    assert (counted["camille"], counted["lea"], counted["hugo"]) == (1, 1, 0)
    assert rep == "hugo"
