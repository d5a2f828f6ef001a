"""Saying who is away, asking who is, and finding what the departed leave behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import redis

from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.time import NOW

CAMILLE = "71480101"
LATER = (NOW.date() + timedelta(days=9)).isoformat()


def why_of(run: Run, rep: str) -> str | None:
    return next(one["why"] for one in json.loads(run("away", "--json").output) if one["rep"] == rep)


def test_a_rep_is_away_until_a_day_and_back_again(run: Run, services: Services) -> None:
    gone = run("away", "camille", "--until", LATER, "--why", "trade fair")
    listed = run("away")
    away = why_of(run, "camille")
    returned = run("back", "camille")

    assert gone.exit_code == 0, gone.output
    assert "trade fair" in listed.output
    assert max(len(line) for line in listed.output.splitlines()) <= 80
    assert away is not None and away.startswith("away until")
    assert returned.exit_code == 0, returned.output
    assert not (why_of(run, "camille") or "").startswith("away")


def test_who_is_still_away_in_hubspot_is_told_and_can_be_given_leads_all_the_same(
    run: Run, services: Services, sandbox: SandboxClient
) -> None:
    sandbox.set_availability(CAMILLE, hs_availability_status="away")
    asked = run("away", "--refresh", "--json")

    still = run("back", "camille")
    there = run("back", "camille", "--until", LATER)

    assert '"away in HubSpot"' in asked.output
    assert still.exit_code == 1
    assert "router back camille --until DAY" in still.output
    assert there.exit_code == 0, there.output
    assert f"present until {(date.fromisoformat(LATER) + timedelta(days=1)).isoformat()}" in " ".join(
        there.output.split()
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("away", "camile", "--until", LATER), "There is no rep 'camile'. Did you mean 'camille'?"),
        (("away", "camille", "--until", "2020-01-01"), "2020-01-01 is over. Write a day to come."),
        (("away", "camille", "--until", "Friday"), "'Friday' is no day."),
        (("away", "camille", "--until", "9999-12-31"), "9999-12-31 is more than two years from now."),
        (("away", "camille"), "Name the rep and the day"),
        (("away", "--why", "x"), "--why belongs to a rep"),
        (("back", "camille", "--why", "x"), "--why belongs to --until."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    run: Run, services: Services, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = run(*arguments)

    assert answer.exit_code == 2
    assert sentence in answer.output


def test_a_portal_that_does_not_tell_is_told(run: Run, services: Services, sandbox: SandboxClient) -> None:
    sandbox.break_with("403", next=3, on="users")

    answer = run("away", "--refresh")

    assert answer.exit_code == 1
    assert "crm.objects.users.read" in answer.output
    sandbox.repair()


def test_the_open_leads_of_a_deactivated_owner_are_listed_and_they_get_no_more(
    run: Run, services: Services, sandbox: SandboxClient, route_now: Callable[[list[str]], None]
) -> None:
    mine = {"hubspot_owner_id": CAMILLE, "hs_lead_status": "OPEN"}
    kept, _done, _other = sandbox.create_exactly(
        [
            {"email": "a@acier.fr", **mine},
            {"email": "b@acier.fr", **mine, "hs_lead_status": "UNQUALIFIED"},
            {"email": "c@acier.fr", "hubspot_owner_id": "71480102", "hs_lead_status": "OPEN"},
        ],
        announce=False,
    )
    before = run("orphans")
    sandbox.archive_owner(CAMILLE)

    listed = run("orphans", "--json")

    assert "No open lead" in before.output
    assert [one["contact_id"] for one in json.loads(listed.output)] == [kept]
    assert "Camille Durand" in run("orphans").output
    assert why_of(run, "camille") == "no active HubSpot owner"


def test_an_override_of_an_older_version_that_never_ends_is_shown_with_an_end(
    run: Run, services: Services, redis_client: redis.Redis
) -> None:
    stored = '{"kind":"away","until":"9999-12-31T23:59:59Z","said_at":"2026-11-24T09:00:00Z"}'
    redis_client.hset(
        services.store.keys.availability, mapping={"override:lea": stored, "override:hugo": "{"}
    )

    answer = run("away")

    assert answer.exit_code == 0
    assert "away until 2028-11-25" in answer.stdout
    assert why_of(run, "hugo") == "counts as away: override cannot be read"
    run("back", "hugo")
    assert why_of(run, "hugo") is None
