"""`router sweep` and `router night`: the plan before it happens, its approval, and the report after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import redis
from msgspec.structs import asdict

from router.policy.reports.night_report import Brake, NightMove, NightReport
from router.routing.intake.route import route
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.worklists.night_plan import PlanAwaitingApproval, Planned
from router.store.worklists.nights import Nights
from tests.world.command_line import Run
from tests.world.leads import a_hot_contact

Route = Callable[[list[str]], None]
SHARED = {"email": "a@acier.fr", "zip": "67000", "country": "France", "company": "Acier"}


def leads(services: Services, sandbox: SandboxClient, route_now: Route, count: int = 6) -> list[str]:
    """Hot leads of the East, whom sophie and nadia share."""
    ids = sandbox.create_exactly([a_hot_contact(**SHARED) for _ in range(count)])
    route_now(ids)
    for contact_id in ids:  # as if their histories had been due
        services.store.verify.look_again([contact_id], at_ms=0)
    verify_owners(services)
    return ids


def owners_of(sandbox: SandboxClient, ids: list[str]) -> dict[str, str]:
    return {one["id"]: one["owner"] for one in sandbox.contacts(*ids, brief=True)}


def held(services: Services, redis_client: redis.Redis) -> Nights:
    """A night whose plan waits for approval."""
    nights = Nights(redis_client, services.store.keys)
    day, now = date(2026, 11, 24), datetime(2026, 11, 24, 2, tzinfo=UTC)
    nights.begin(day, since=now, stage="", now=now)
    night = nights.of(day)
    assert night is not None
    brake = Brake("count", 1, 0, 10)
    nights.put(day, type(night)(**{**asdict(night), "brake": asdict(brake)}))
    services.store.night_plan.add([Planned(0, "501", 0, "7", "gone", "", "hugo", "lea", "PME", "hugo left")])
    services.store.night_plan.hold(PlanAwaitingApproval("2026-11-24", "abc", "count", 1, 0, 10))
    return nights


def test_the_plan_says_who_would_get_what_and_why_and_changes_nothing(
    run: Run, services: Services, sandbox: SandboxClient, route_now: Route
) -> None:
    ids = leads(services, sandbox, route_now)
    before = owners_of(sandbox, ids)
    gone = before[ids[0]]
    sandbox.archive_owner(gone)

    told, as_json = run("sweep"), run("sweep", "--json")

    plan = json.loads(as_json.stdout)
    assert told.exit_code == 0, told.output
    assert {one["contact_id"] for one in plan["moves"]} == {one for one in ids if before[one] == gone}
    assert all(one["contact_id"] in told.output for one in plan["moves"])
    assert (
        f"{len(plan['moves'])} leads would move: {len(plan['moves'])} of deactivated owners." in told.output
    )
    assert max(map(len, told.output.splitlines())) <= 80
    assert owners_of(sandbox, ids) == before


def test_by_hand_it_moves_at_once(
    run: Run, services: Services, sandbox: SandboxClient, route_now: Route
) -> None:
    ids = leads(services, sandbox, route_now)
    gone = owners_of(sandbox, ids)[ids[0]]
    sandbox.archive_owner(gone)

    told = run("sweep", "--now", "--yes")
    route(services, services.store.inbox.take("test"), consumer="test")

    assert told.exit_code == 0, told.output
    assert "on the way" in told.output
    assert gone not in owners_of(sandbox, ids).values()


def test_without_anything_to_move_it_says_so(run: Run, services: Services, sandbox: SandboxClient) -> None:
    told = run("sweep")

    assert (told.exit_code, told.output) == (0, "No lead would move.\n")


def test_approving_lets_the_held_plan_move(run: Run, services: Services, redis_client: redis.Redis) -> None:
    nights = held(services, redis_client)

    told = run("sweep", "--approve", "--yes")
    again = run("sweep", "--approve", "--yes")

    night = nights.of(date(2026, 11, 24))
    assert night is not None
    assert told.exit_code == 0, told.output
    assert "501" in told.output
    assert night.stage == "move"
    assert night.brake is not None
    assert night.brake["approved_by"]
    assert "No housekeeping process has made progress" in told.output
    assert again.exit_code == 1
    assert "No plan waits for approval" in again.output


def test_whoever_does_not_agree_approves_nothing(
    run: Run, services: Services, redis_client: redis.Redis
) -> None:
    nights = held(services, redis_client)

    told = run("sweep", "--approve")  # nobody is there to answer

    night = nights.of(date(2026, 11, 24))
    assert night is not None
    assert told.exit_code == 1
    assert night.stage == ""
    assert services.store.night_plan.waiting() is not None


def test_two_wishes_at_once_are_a_misuse(run: Run, services: Services) -> None:
    assert run("sweep", "--now", "--approve").exit_code == 2


def a_report() -> NightReport:
    moves = [
        NightMove("501", "gone", "", "hugo", "lea", "Est", "moved"),
        NightMove(
            "502", "away", "2026-12-07T08:00:00+00:00", "nadia", "yann", "<b>Est</b>", "refused", "person"
        ),
    ]
    return NightReport(
        "2026-11-24",
        "2026-11-24T01:30:00+00:00",
        "2026-11-24T01:42:00+00:00",
        found=3,
        looked_at=120,
        stayed={"begun": 2},
    ).with_moves(moves)


def test_the_night_is_told_in_the_terminal_as_a_page_and_as_json(
    run: Run, services: Services, tmp_path: Path
) -> None:
    services.ledger.nights.keep(a_report())
    page = tmp_path / "night.html"

    told, as_json = run("night", "--html", str(page)), run("night", "--date", "2026-11-24", "--json")

    assert told.exit_code == 0, told.output
    assert "Night of 24 November 2026. 1 lead has a new owner." in told.output
    assert "a person chose the owner meanwhile" in " ".join(told.output.split())
    assert max(len(line) for line in told.output.splitlines() if "page" not in line) <= 80
    assert json.loads(as_json.stdout)["outcomes"] == {"moved": 1, "refused": 1}
    html = page.read_text()
    assert "Nuit du 24 novembre 2026" in html
    assert "record/0-1/501" in html
    assert "<b>Est</b>" not in html


def test_a_night_that_is_held_back_is_exit_code_1(run: Run, services: Services) -> None:
    brake = Brake("share", 41, 10, 100)
    moves = [NightMove("501", "gone", "", "hugo", "lea", "Est", "held")]
    services.ledger.nights.keep(
        NightReport(
            "2026-11-24", "2026-11-24T01:30:00+00:00", "2026-11-24T01:42:00+00:00", brake=brake
        ).with_moves(moves)
    )

    told = run("night")

    assert told.exit_code == 1
    assert "The brake holds: 41 leads would move, none has." in told.output
    assert "router sweep --approve" in told.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("night",), "No night is over yet."), (("night", "--date", "2026-11-23"), "No night is over yet.")],
)
def test_a_night_that_was_not_is_told(
    run: Run, services: Services, arguments: tuple[str, ...], sentence: str
) -> None:
    told = run(*arguments)

    assert told.exit_code == 1
    assert sentence in told.output
