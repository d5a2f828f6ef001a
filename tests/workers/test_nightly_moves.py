"""The nights of a team, told as stories: who leaves, who is away, who forgets, and what the night does."""

from __future__ import annotations

import email
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
import redis
from msgspec.structs import replace

from router.bootstrap import ProcessContext, open_services
from router.hubspot.api.errors import Unreachable
from router.notify import Address, Channels, Chat, Mail
from router.policy.reports.night_report import NightReport
from router.routing.night import sweep
from router.routing.night.approval import NotApproved, approve_plan
from router.routing.outbox.record import record_outbox
from router.routing.people.refresh import refresh_availability
from router.routing.portal.services import Services
from router.routing.recovery.erase import erase_contacts
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.health.progress import ProgressBoard
from router.store.leads.leads import State
from router.store.shared.availability import Override
from router.store.worklists.nights import Nights
from router.wakeups import WakeUps
from tests.world.hubspot_app import Endpoint
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.messages import a_mail_server
from tests.world.time import Time
from tests.world.well import sentences_of
from workers import nightly_run

PARIS = ZoneInfo("Europe/Paris")
NIGHT = """
night:
  reassign_when_gone: true
  reassign_when_away: 5d
  reassign_when_overdue: 1d
  push_when_queued: 3d
"""


def without_overdue(routing: str) -> str:
    return routing.replace("  reassign_when_overdue: 1d\n", "")


@dataclass
class Team:
    """The services of a team, the portal beside it, and the processes of its nights."""

    context: ProcessContext
    sandbox: SandboxClient
    time: Time
    rules: Path

    @property
    def services(self) -> Services:
        return self.context.services

    def with_rules(self, change: Callable[[str], str]) -> None:
        routing = self.rules / "routing.yaml"
        routing.write_text(change(routing.read_text()))
        self.services.rules.refresh()

    def leads(self, count: int = 1, **properties: str) -> list[str]:
        """Leads that were routed, written and verified."""
        ids = self.sandbox.create_exactly([a_hot_contact(**properties) for _ in range(count)])
        announce(self.services, *ids)
        self.work()
        return ids

    def work(self) -> None:
        """What workers and housekeeping do in a few seconds."""
        route_all(self.services)
        self.time.pass_by(seconds=4)
        verify_owners(self.services)
        record_outbox(self.services)

    def sleep_until(self, hour: int, *, days: int = 1) -> None:
        """Until so late in Paris, so many days from now."""
        local = self.time.clock().astimezone(PARIS)
        day = local.date() + timedelta(days=days)
        self.time.pass_until(datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC))
        self.services.rules.refresh()

    def a_night(self, *, days: int = 1) -> NightReport:
        """The night so many days from now, from its first step to its report."""
        self.sleep_until(3, days=days)
        return self.go_on()

    def go_on(self) -> NightReport:
        for _ in range(30):
            nightly_run.take_step(self.context)
            self.work()
            if not nightly_run.is_due(self.context.services):
                break
        found = self.services.ledger.nights.of(self.today())
        assert found is not None
        return found

    def today(self) -> date:
        return self.time.clock().astimezone(PARIS).date()

    def owner_of(self, contact_id: str) -> str:
        return str(self.sandbox.contact(contact_id)["properties"].get("hubspot_owner_id") or "")

    def owned_by(self, rep: str, ids: list[str]) -> list[str]:
        return [one for one in ids if self.owner_of(one) == OWNERS[rep]]


@pytest.fixture
def team(
    services: Services, redis_client: redis.Redis, sandbox: SandboxClient, time: Time, rules: Path
) -> Team:
    context = ProcessContext(
        services=services,
        wake_ups=WakeUps(redis_client, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="housekeeping"),
        queue_client=redis_client,
    )
    context.services.store.nights.born(time.clock())
    made = Team(context, sandbox, time, rules)
    made.with_rules(lambda routing: routing + NIGHT)
    made.sleep_until(10)
    return made


def test_the_open_leads_of_somebody_who_left_go_to_the_others(team: Team) -> None:
    ids = team.leads(8)
    of_hugo = team.owned_by("hugo", ids)
    before = {one: team.owner_of(one) for one in ids}
    begun, won = of_hugo[0], team.owned_by("camille", ids)[0]
    team.sandbox.edit_by_hand(begun, status="IN_PROGRESS")
    team.sandbox.archive_owner(OWNERS["hugo"])

    told = team.a_night()

    after = {one: team.owner_of(one) for one in ids}
    assert {one for one in ids if after[one] != before[one]} == set(of_hugo)
    assert OWNERS["hugo"] not in after.values()
    assert {one.contact_id for one in told.moves} == set(of_hugo)
    assert {(one.came_from, one.reason, one.outcome) for one in told.moves} == {("hugo", "gone", "moved")}
    assert {one.contact_id: OWNERS[one.goes_to] for one in told.moves} == {one: after[one] for one in of_hugo}
    assert after[won] == before[won]
    events = [one for one in team.services.ledger.events_of(begun) if one.kind == "reassigning"]
    assert events[0].detail["run"] == f"night {team.today()}"
    reason = team.sandbox.contact(begun)["properties"]["lead_router_reason"]
    assert "repris à hugo car hugo a été désactivé" in reason


def test_the_plan_is_what_happens(team: Team) -> None:
    ids = team.leads(12)
    team.sandbox.archive_owner(OWNERS["camille"])
    team.sleep_until(3)
    planned: dict[str, str] = {}
    for _ in range(30):
        nightly_run.take_step(team.context)
        planned = planned or {one.contact_id: one.goes_to for one in team.services.store.night_plan.all()}
        team.work()
        if not nightly_run.is_due(team.context.services):
            break

    assert len(planned) == 6
    assert {one: team.owner_of(one) for one in planned} == {one: OWNERS[rep] for one, rep in planned.items()}
    assert len(ids) == 12


def test_two_weeks_away_move_what_nobody_has_begun(team: Team) -> None:
    ids = team.leads(8)
    untouched, begun = team.owned_by("hugo", ids)
    team.time.pass_by(minutes=5)
    team.sandbox.log_activity(begun, "call")
    until = team.time.clock() + timedelta(days=14)
    team.services.people.availability.repository.override(
        "hugo", Override("away", until, team.time.clock(), "leave")
    )

    team.with_rules(without_overdue)
    told = team.a_night()
    again = team.a_night()

    assert [(one.contact_id, one.reason, one.outcome) for one in told.moves] == [(untouched, "away", "moved")]
    assert told.stayed == {"begun": 1}
    assert team.owner_of(untouched) != OWNERS["hugo"]
    assert team.owner_of(begun) == OWNERS["hugo"]
    assert again.moves == ()


def test_who_is_back_soon_keeps_everything(team: Team) -> None:
    ids = team.leads(8)
    of_hugo = team.owned_by("hugo", ids)
    until = team.time.clock() + timedelta(days=3)
    team.services.people.availability.repository.override(
        "hugo", Override("away", until, team.time.clock(), "ill")
    )

    team.with_rules(without_overdue)
    told = team.a_night()

    assert told.moves == ()
    assert team.owned_by("hugo", ids) == of_hugo


def test_a_lead_that_nobody_began_moves_a_day_after_it_was_due(team: Team) -> None:
    (forgotten, answered) = team.leads(2)
    first = team.owner_of(forgotten)
    team.time.pass_by(hours=1)
    team.sandbox.log_activity(answered, "email")

    early = team.a_night()
    late = team.a_night()

    assert early.moves == ()
    assert [(one.contact_id, one.reason) for one in late.moves] == [(forgotten, "overdue")]
    assert team.owner_of(forgotten) not in ("", first)


def test_what_waits_in_a_queue_for_days_is_given_to_somebody(team: Team) -> None:
    team.with_rules(
        lambda routing: routing.replace("assign: {team: idf}", "assign: {team: idf, method: queue}")
    )
    old = team.leads(3)
    team.sleep_until(12, days=2)
    young = team.leads(2)

    told = team.a_night(days=2)

    assert {one.contact_id for one in told.moves} == set(old)
    assert {(one.came_from, one.outcome) for one in told.moves} == {("", "moved")}
    assert all(team.owner_of(one) for one in old)
    assert not any(team.owner_of(one) for one in young)


def test_a_manager_who_reassigns_by_hand_meanwhile_wins(team: Team) -> None:
    """Before we look again, and after we looked and before anybody writes."""
    first, second, third = team.owned_by("hugo", team.leads(12))
    team.sandbox.archive_owner(OWNERS["hugo"])
    team.sleep_until(3)
    while len(team.services.store.night_plan) == 0:
        nightly_run.take_step(team.context)
    team.sandbox.edit_by_hand(first, owner=OWNERS["claire"])
    while team.services.store.leads.recall([second])[second].state is not State.REOPENED:
        nightly_run.take_step(team.context)
    team.sandbox.edit_by_hand(second, owner=OWNERS["claire"])

    told = team.go_on()

    assert (team.owner_of(first), team.owner_of(second)) == (OWNERS["claire"], OWNERS["claire"])
    assert team.owner_of(third) not in ("", OWNERS["hugo"])
    outcomes = {one.contact_id: (one.outcome, one.note) for one in told.moves}
    assert outcomes == {first: ("refused", "person"), second: ("refused", "person"), third: ("moved", "")}


def test_an_emptied_redis_changes_no_owner(team: Team, redis_client: redis.Redis) -> None:
    ids = team.leads(8)
    before = {one: team.owner_of(one) for one in ids}
    team.sleep_until(3)
    redis_client.flushdb()
    team.services.store.inbox.open()
    team.services.rules.refresh()

    told = team.go_on()
    team.with_rules(without_overdue)
    again = team.a_night(days=3)

    assert told.moves == ()
    assert again.moves == ()
    assert {one: team.owner_of(one) for one in ids} == before


def a_wrong_rule(team: Team) -> list[str]:
    """40 % of the leads would move: everybody of one rep seems to have left."""
    ids = team.leads(40)
    team.sandbox.archive_owner(OWNERS["camille"])
    return ids


def test_the_brake_holds_what_is_too_much_and_says_so(team: Team, redis_client: redis.Redis) -> None:
    ids = a_wrong_rule(team)
    before = {one: team.owner_of(one) for one in ids}

    told = team.a_night()

    assert {one: team.owner_of(one) for one in ids} == before
    assert told.brake is not None
    assert told.brake.holds
    assert (told.brake.by, told.brake.moves, told.brake.limit) == ("share", 20, 10)
    assert told.outcomes == {"held": 20}
    (held,) = sentences_of(redis_client, team.services.store.keys, "night_held")
    assert "router sweep --approve" in held


def test_an_approved_plan_moves_exactly_what_it_says(team: Team, redis_client: redis.Redis) -> None:
    ids = a_wrong_rule(team)
    of_camille = team.owned_by("camille", ids)
    team.a_night()
    team.sleep_until(9, days=0)
    changed = of_camille[0]
    team.sandbox.edit_by_hand(changed, owner=OWNERS["claire"])
    late = team.leads(1)
    waiting = team.services.store.night_plan.waiting()
    assert waiting is not None

    with pytest.raises(NotApproved):
        approve_plan(
            team.context.services.store.nights,
            plan="another",
            by="nadia",
            store=team.services.store,
            clock=team.services.clock,
            log=team.services.log,
        )
    leads = approve_plan(
        team.context.services.store.nights,
        plan=waiting.plan,
        by="nadia",
        store=team.services.store,
        clock=team.services.clock,
        log=team.services.log,
    )
    told = team.go_on()

    assert leads == 20
    assert team.owner_of(changed) == OWNERS["claire"]
    assert not team.owned_by("camille", ids)
    assert told.outcomes == {"moved": 19, "refused": 1}
    assert told.brake is not None
    assert (told.brake.approved_by, told.brake.holds) == ("nadia", False)
    assert team.services.store.night_plan.waiting() is None
    assert {one.contact_id for one in told.moves} == set(of_camille)
    assert late[0] not in of_camille
    assert sentences_of(redis_client, team.services.store.keys, "night_held") == ()


def test_what_nobody_approved_is_planned_anew_the_next_night(team: Team) -> None:
    ids = a_wrong_rule(team)
    team.a_night()
    team.with_rules(
        lambda routing: routing.replace("reassign_when_gone: true", "reassign_when_gone: false").replace(
            "  reassign_when_overdue: 1d\n", ""
        )
    )

    told = team.a_night()

    assert told.planned == 0
    assert team.services.store.night_plan.waiting() is None
    assert len(team.owned_by("camille", ids)) == 20


def test_two_night_processes_at_once_move_each_lead_once(
    team: Team, settings: Settings, redis_client: redis.Redis, time: Time
) -> None:
    ids = team.leads(8)
    of_hugo = team.owned_by("hugo", ids)
    team.sandbox.archive_owner(OWNERS["hugo"])
    team.sleep_until(3)
    second = open_services(settings, redis_client, clock=time.clock)
    second.rules.refresh()
    other = ProcessContext(
        services=second,
        wake_ups=team.context.wake_ups,
        progress=team.context.progress,
        queue_client=redis_client,
    )

    for _ in range(20):
        nightly_run.take_step(team.context)
        nightly_run.take_step(other)
        team.work()

    assert not nightly_run.is_due(other.services)
    for contact_id in of_hugo:
        state = team.services.store.leads.recall([contact_id])[contact_id]
        assert (state.state, state.episode) == (State.DONE, 1)
    second.ledger.close()


def test_a_night_that_is_killed_in_its_moves_goes_on_without_moving_twice(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = team.leads(8)
    of_hugo = team.owned_by("hugo", ids)
    team.sandbox.archive_owner(OWNERS["hugo"])
    team.sleep_until(3)
    real, killed = team.context.services.store.nights.put, []

    def killed_once(day: date, kept: object) -> None:
        """Dies after the leads were sent on their way, before anybody wrote that down."""
        if getattr(kept, "stage", "") == "settle" and not killed:
            killed.append(day)
            raise KeyboardInterrupt
        real(day, kept)  # type: ignore[arg-type]

    monkeypatch.setattr(Nights, "put", lambda _self, day, kept: killed_once(day, kept))
    for _ in range(30):
        with suppress(KeyboardInterrupt):
            nightly_run.take_step(team.context)
        team.work()

    assert killed
    told = team.services.ledger.nights.of(team.today())
    assert told is not None
    assert told.outcomes == {"moved": len(of_hugo)}
    for contact_id in of_hugo:
        assert team.services.store.leads.recall([contact_id])[contact_id].episode == 1


@pytest.mark.parametrize("last_day", [date(2027, 3, 27), date(2027, 10, 30)])
def test_the_night_of_the_clock_change_runs_once(team: Team, last_day: date) -> None:
    start = datetime(last_day.year, last_day.month, last_day.day, 22, tzinfo=UTC)
    team.time.pass_until(start - timedelta(hours=4))
    team.go_on()
    team.time.pass_until(start)
    began = []

    for step in range(1, 6 * 12):
        team.time.pass_until(start + timedelta(minutes=10 * step))
        if nightly_run.is_due(team.context.services):
            before = team.context.services.store.nights.of(team.today())
            if before is None:
                began.append(team.time.clock().astimezone(PARIS))
            nightly_run.take_step(team.context)

    assert len(began) == 1
    assert began[0].date() == last_day + timedelta(days=1)
    assert (began[0].hour, began[0].minute) in {(2, 30), (3, 0)}
    assert not nightly_run.is_due(team.context.services)


def test_a_forgotten_contact_is_on_no_plan_and_in_no_report(team: Team) -> None:
    ids = a_wrong_rule(team)
    forgotten = team.owned_by("camille", ids)[0]
    told = team.a_night()

    team.services.store.erasures.ask(forgotten)
    erase_contacts(
        store=team.services.store,
        ledger=team.services.ledger,
        clock=team.services.clock,
        log=team.services.log,
    )

    after = team.services.ledger.nights.of(team.today())
    assert after is not None
    assert forgotten in {one.contact_id for one in told.moves}
    assert forgotten not in {one.contact_id for one in after.moves}
    assert after.outcomes == told.outcomes
    assert forgotten not in {one.contact_id for one in team.services.store.night_plan.all()}


def test_without_the_brake_a_wrong_rule_would_move_them_all(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the brake removed, the night does what the rules say."""
    ids = a_wrong_rule(team)
    monkeypatch.setattr("router.routing.night.brake.held_back", lambda *_, **__: None)

    team.a_night()

    assert team.owned_by("camille", ids) == []


def test_without_the_expected_owner_the_manager_would_lose(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without a second look and the owner expected, the lead is taken from them."""
    (contact_id,) = team.owned_by("hugo", team.leads(4))
    team.sandbox.archive_owner(OWNERS["hugo"])
    team.sleep_until(3)
    while len(team.services.store.night_plan) == 0:
        nightly_run.take_step(team.context)
    team.sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    monkeypatch.setattr("workers.nightly_moves.sweep.why_left", lambda *_: {})
    monkeypatch.setattr("router.routing.intake.classify._stays_with_owner", lambda *_, **__: False)
    monkeypatch.setattr("router.routing.intake.work_item.WorkItem.expected_owner_id", OWNERS["claire"])

    team.go_on()

    assert team.owner_of(contact_id) != OWNERS["claire"]


def test_two_threads_of_nights_make_one(
    team: Team, settings: Settings, redis_client: redis.Redis, time: Time
) -> None:
    """Both take steps at the very same time; the turn keeps them apart."""
    of_hugo = team.owned_by("hugo", team.leads(8))
    team.sandbox.archive_owner(OWNERS["hugo"])
    team.sleep_until(3)
    second = open_services(settings, redis_client, clock=time.clock)
    second.rules.refresh()
    other = replace(team.context, services=second)
    start = threading.Barrier(2)

    def a_step(context: ProcessContext) -> None:
        start.wait()
        nightly_run.take_step(context)

    for _ in range(20):
        threads = [threading.Thread(target=a_step, args=(context,)) for context in (team.context, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        team.work()
        if not nightly_run.is_due(other.services):
            break

    told = team.services.ledger.nights.of(team.today())
    assert told is not None
    assert told.outcomes == {"moved": len(of_hugo)}
    states = team.services.store.leads.recall(of_hugo).values()
    assert {(state.state, state.episode) for state in states} == {(State.DONE, 1)}
    second.ledger.close()


def test_the_team_is_told_of_a_night_in_chat(team: Team) -> None:
    """On `night`, once; a quiet night is not told."""
    with Endpoint() as chat:
        services = replace(
            team.services,
            notify=Channels(Chat({"night": Address("night", "json", chat.url)}, allow_private=True), None),
        )
        team.context = replace(team.context, services=services)
        team.leads(8)
        team.sandbox.archive_owner(OWNERS["hugo"])

        team.a_night()

        told = orjson.loads(chat.deliveries[0].body)
    assert len(chat.deliveries) == 1
    assert told["event"] == "night"
    assert told["outcomes"] == {"moved": 2}


def test_who_begins_before_the_approval_keeps_the_lead(team: Team) -> None:
    team.with_rules(lambda routing: routing + "  max_reassignments_per_night: {count: 1}\n")
    first, second = team.leads(2)
    owners = {one: team.owner_of(one) for one in (first, second)}
    told = team.a_night(days=3)
    team.sleep_until(11, days=0)
    team.sandbox.log_activity(first, "call")
    waiting = team.services.store.night_plan.waiting()
    assert waiting is not None

    approve_plan(
        team.context.services.store.nights,
        plan=waiting.plan,
        by="nadia",
        store=team.services.store,
        clock=team.services.clock,
        log=team.services.log,
    )
    after = team.go_on()

    assert told.outcomes == {"held": 2}
    assert {one.contact_id: (one.outcome, one.note) for one in after.moves} == {
        first: ("refused", "begun"),
        second: ("moved", ""),
    }
    assert team.owner_of(first) == owners[first]
    assert team.owner_of(second) != owners[second]


def test_a_plan_that_is_approved_after_midnight_still_moves(team: Team) -> None:
    ids = a_wrong_rule(team)
    team.a_night()
    held = team.today()
    team.sleep_until(1)
    waiting = team.services.store.night_plan.waiting()
    assert waiting is not None

    approve_plan(
        team.context.services.store.nights,
        plan=waiting.plan,
        by="nadia",
        store=team.services.store,
        clock=team.services.clock,
        log=team.services.log,
    )
    for _ in range(20):
        nightly_run.take_step(team.context)
        team.work()

    told = team.services.ledger.nights.of(held)
    assert told is not None
    assert told.outcomes == {"moved": 20}
    assert not team.owned_by("camille", ids)


def test_rules_that_move_nothing_any_more_let_a_held_plan_go(team: Team) -> None:
    a_wrong_rule(team)
    team.a_night()
    team.with_rules(lambda routing: routing[: routing.index("\nnight:")])

    team.a_night()

    assert team.services.store.night_plan.waiting() is None
    assert len(team.services.store.night_plan) == 0


def test_the_team_is_mailed_what_a_night_did(team: Team) -> None:
    with a_mail_server() as server:
        mail = Mail(f"smtp://127.0.0.1:{server.server_address[1]}", "router@acme.fr", ("ops@acme.fr",))
        team.context = replace(team.context, services=replace(team.services, notify=Channels(Chat({}), mail)))
        team.leads(8)
        team.sandbox.archive_owner(OWNERS["hugo"])

        team.a_night()

        (raw,) = server.letters
    letter = email.message_from_bytes(raw, policy=default)
    assert "2 leads ont changé de mains" in str(letter["Subject"])


def test_away_without_an_end_counts_from_the_first_night(team: Team) -> None:
    """HubSpot's away status has no end, so what counts is how many nights it was seen."""
    team.with_rules(without_overdue)
    of_hugo = team.owned_by("hugo", team.leads(8))
    team.sandbox.set_availability(OWNERS["hugo"], hs_availability_status="away")
    moved: list[int] = []

    for _ in range(6):
        team.sleep_until(3)
        refresh_availability(
            hubspot=team.services.hubspot,
            people=team.services.people,
            clock=team.services.clock,
            log=team.services.log,
        )
        moved.append(team.go_on().count("moved"))

    assert moved == [0, 0, 0, 0, 0, len(of_hugo)]


def test_what_nobody_can_take_waits_in_the_queue_only_if_its_owner_left(team: Team) -> None:
    team.with_rules(lambda routing: routing + "  max_reassignments_per_night: {share: 100%}\n")
    ids = team.leads(4)
    for rep in ("camille", "hugo", "lea"):
        team.sandbox.archive_owner(OWNERS[rep])
    team.services.people.owners.refresh()

    told = team.a_night()

    assert {one: team.owner_of(one) for one in ids} == dict.fromkeys(ids, "")
    assert {(one.outcome, one.goes_to) for one in told.moves} == {("moved", "la file de idf")}
    assert {one.contact_id for one in team.services.store.queues.waiting("idf")} == set(ids)


def test_who_is_away_keeps_what_nobody_else_can_take(team: Team) -> None:
    team.with_rules(without_overdue)
    ids = team.leads(4)
    until = team.time.clock() + timedelta(days=14)
    for rep in ("camille", "hugo", "lea"):
        team.services.people.availability.repository.override(
            rep, Override("away", until, team.time.clock(), "fair")
        )

    told = team.a_night()

    assert told.moves == ()
    assert told.stayed == {"nobody": 4}
    assert "" not in {team.owner_of(one) for one in ids}


def test_a_night_that_runs_again_after_redis_was_emptied_forgets_no_move(
    team: Team, redis_client: redis.Redis
) -> None:
    of_hugo = team.owned_by("hugo", team.leads(8))
    team.sandbox.archive_owner(OWNERS["hugo"])
    first = team.a_night()
    redis_client.flushdb()
    team.services.store.inbox.open()
    team.services.rules.refresh()

    again = team.go_on()

    assert {one.contact_id for one in first.moves} == set(of_hugo)
    assert again.began_at > first.began_at
    assert again.outcomes == first.outcomes
    assert again.moves == first.moves


def test_a_portal_that_fails_in_the_middle_costs_no_progress(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first leads are planned, then HubSpot is gone for a while; the night goes on where it was."""
    of_hugo = team.owned_by("hugo", team.leads(8))
    team.sandbox.archive_owner(OWNERS["hugo"])
    team.sleep_until(3)
    real, calls = sweep.plan_some, []

    def fails_the_second_time(*given: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise Unreachable("HubSpot brought nothing usable.")
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sweep, "plan_some", fails_the_second_time)
    while not calls:
        nightly_run.take_step(team.context)
    kept = team.context.services.store.nights.of(team.today())

    told = team.go_on()

    assert kept is not None
    assert kept.stage == "plan"
    assert kept.sweep is not None
    assert kept.sweep["planned"] == len(of_hugo)
    assert told.outcomes == {"moved": len(of_hugo)}


def test_a_chat_that_is_down_costs_neither_the_report_nor_the_mail(team: Team) -> None:
    with Endpoint() as chat, a_mail_server() as server:
        chat.answer = lambda _: 500
        addresses = {"default": Address("default", "slack", chat.url)}
        services = replace(
            team.services,
            notify=Channels(
                Chat(addresses, allow_private=True, sleep=lambda _: None),
                Mail(f"smtp://127.0.0.1:{server.server_address[1]}", "r@acme.fr", ("ops@acme.fr",)),
            ),
        )
        team.context = replace(team.context, services=services)
        team.leads(8)
        team.sandbox.archive_owner(OWNERS["hugo"])

        told = team.a_night()

        assert len(server.letters) == 1
    assert told.count("moved") == 2
    assert not nightly_run.is_due(team.context.services)


@pytest.mark.parametrize("sign", ["status", "call", "note"])
def test_whatever_shows_that_somebody_began_keeps_the_lead_with_them(team: Team, sign: str) -> None:
    (begun,) = team.leads(1)
    first = team.owner_of(begun)
    team.time.pass_by(hours=9)  # late, and all the same
    if sign == "status":
        team.sandbox.edit_by_hand(begun, status="OPEN")
    else:
        team.sandbox.log_activity(begun, sign)

    told = team.a_night(days=3)

    assert told.moves == ()
    assert team.owner_of(begun) == first


def test_a_lead_that_is_closed_stays_with_whoever_closed_it(team: Team) -> None:
    closed = team.owned_by("hugo", team.leads(4))[0]
    team.sandbox.edit_by_hand(closed, status="UNQUALIFIED")
    team.sandbox.archive_owner(OWNERS["hugo"])

    told = team.a_night()

    assert told.moves == ()
    assert team.owner_of(closed) == OWNERS["hugo"]
