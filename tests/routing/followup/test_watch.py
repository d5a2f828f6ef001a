"""Journeys of leads that nobody works on: reminded, taken away, queued; and of those somebody has begun."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis
from msgspec.structs import replace

from router.bootstrap import open_services
from router.notify import Address, Channels, Chat
from router.policy.decision.assignment import assignment_of_record, timetable_of
from router.policy.wording.phrases import moment_in_words
from router.routing.followup.follow import follow_changes
from router.routing.followup.watch import Watching, watch_leads
from router.routing.outbox.notify import notify_reps
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.recovery.repair import repair
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.leads.leads import State
from router.store.shared.availability import Override
from tests.world.leads import OWNERS, crash, done, owner_of, route_all
from tests.world.messages import CHAT, a_chat_that_answers, sent_to, tasks_of
from tests.world.rule_folders import MANAGERS, WATCHED, with_rules
from tests.world.time import Time


@pytest.fixture
def watching(services: Services, rules: Path) -> Iterator[Services]:
    """Services whose leads are due in four hours, taken away after six and queued after twelve."""
    team = rules / "team.yaml"
    team.write_text(team.read_text() + MANAGERS)
    yield with_rules(services, rules, WATCHED)


def look(services: Services, time: Time) -> Watching:
    """What the watch, and whoever carries its moves out, do within a few minutes."""
    found = watch_leads(services)
    route_all(services)
    time.pass_by(seconds=6)
    verify_owners(services)
    return found


def tasks(services: Services) -> list[tuple[str, str]]:
    """Every task: its owner and subject."""
    return [(one["hubspot_owner_id"], one["hs_task_subject"]) for one in tasks_of(services)]


def due_of(services: Services, contact_id: str) -> datetime:
    state = services.store.leads.recall([contact_id])[contact_id]
    assert state.assignment is not None
    policy = services.rules.policy()
    due_at = timetable_of(policy, assignment_of_record(state.assignment)).due_at
    assert due_at is not None
    return due_at


def test_a_forgotten_lead_is_reminded_then_moved_then_queued(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=3, minutes=59)
    early = look(watching, time)
    time.pass_by(minutes=2)

    due = look(watching, time)
    record_outbox(watching)
    notify_reps(watching)
    reminded = tasks(watching)
    time.pass_by(hours=2)
    taken = look(watching, time)
    second = owner_of(sandbox, contact_id)
    notify_reps(watching)
    time.pass_by(hours=6, minutes=5)
    again = look(watching, time)
    time.pass_by(hours=6)
    queued = look(watching, time)

    assert (early.looked_at, due.overdue, taken.moved, again.moved, queued.moved) == (0, 1, 1, 0, 1)
    assert sorted(reminded) == [
        (OWNERS["camille"], "Overdue lead of camille"),
        (OWNERS["claire"], "Overdue lead of camille"),
    ]
    assert second == OWNERS["hugo"]
    assert owner_of(sandbox, contact_id) == ""
    assert [one.contact_id for one in watching.store.queues.waiting("idf")] == [contact_id]
    reason = sandbox.contact(contact_id)["properties"]["lead_router_reason"]
    assert reason.endswith("the queue of idf; reassigned from hugo because nobody acted within 12 h")


def test_the_ledger_tells_the_whole_story(watching: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=4, minutes=1)
    look(watching, time)
    look(watching, time)
    time.pass_by(hours=2)
    look(watching, time)

    record_outbox(watching)
    notify_reps(watching)
    record_outbox(watching)

    events = [one for one in watching.ledger.events_of(contact_id) if one.kind != "notified"]
    assert [one.kind for one in events] == ["written", "overdue", "reassigning", "written"]
    assert events[-1].detail["run"] == "watch"
    assert events[-1].detail["from"] == OWNERS["camille"]
    assert (OWNERS["claire"], "Lead taken from camille") in tasks(watching)


@pytest.mark.parametrize("kind", ["call", "note", "status"])
def test_a_rep_who_answers_one_second_before_the_move_keeps_the_lead(
    watching: Services, sandbox: SandboxClient, time: Time, kind: str
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    due_at = due_of(watching, contact_id)
    time.pass_until(due_at + timedelta(seconds=1))
    look(watching, time)
    time.pass_until(due_at + timedelta(hours=2) - timedelta(seconds=1))
    if kind == "status":
        sandbox.edit_by_hand(contact_id, status="IN_PROGRESS")
    else:
        sandbox.log_activity(contact_id, kind)
    time.pass_by(seconds=2)

    found = look(watching, time)
    time.pass_by(days=3)
    late = look(watching, time)

    assert (found.let_go, found.moved, late.looked_at) == (1, 0, 0)
    assert owner_of(sandbox, contact_id) == OWNERS["camille"]
    assert not watching.store.watched.overdue(limit=1)


def test_an_answer_that_a_webhook_announces_takes_the_lead_off_the_list_at_once(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    answered, forgotten = done(watching, sandbox, time, 2)
    time.pass_by(hours=4, minutes=1)
    look(watching, time)
    sandbox.log_activity(answered, "call")
    watching.store.inbox.append([], changed=[(one, watching.now_ms()) for one in (answered, forgotten)])

    follow_changes(watching)

    assert list(watching.store.watched.overdue(limit=9)) == [forgotten]


def test_the_steps_may_change_while_a_lead_waits(
    watching: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    """What was done up to 100% is not done again, whatever steps the file has by now."""
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=4, minutes=1)
    look(watching, time)
    earlier = "    - {after: 50%, notify: rep}\n    - {after: 100%"
    with_rules(watching, rules, WATCHED.replace("    - {after: 100%", earlier))
    time.pass_by(minutes=30)
    again = look(watching, time)
    time.pass_by(hours=2)

    taken = look(watching, time)
    record_outbox(watching)
    notify_reps(watching)

    assert (again.moved, taken.moved) == (0, 1)
    told = [event for event in watching.ledger.events_of(contact_id) if event.kind == "overdue"]
    assert len(told) == 1


def test_without_an_answer_that_second_the_lead_moves(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_until(due_of(watching, contact_id) + timedelta(hours=2, seconds=1))

    found = look(watching, time)

    assert found.moved == 1
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_an_answer_after_the_watch_looked_and_before_the_write_is_a_persons_only_if_the_owner_changed(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    """The owner is what decides; a manager who gives the lead to somebody meanwhile is never overruled."""
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=6, minutes=1)
    found = watch_leads(watching)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["lea"])

    route_all(watching)

    assert found.moved == 1
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]
    assert watching.store.leads.recall([contact_id])[contact_id].state is State.HUMAN


def test_a_lead_that_a_manager_reassigned_by_hand_is_let_go(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=3)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["lea"])
    time.pass_by(hours=4)

    found = look(watching, time)

    assert (found.moved, found.let_go) == (0, 1)
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]
    assert not watching.store.watched.is_due(now_ms=watching.now_ms() + 10**10)


def test_our_own_tasks_do_not_pass_for_work_on_the_lead(
    watching: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    """HubSpot dates a contact's last activity by tasks too: by the rule's own, and by each reminder."""
    with_rules(watching, rules, WATCHED.replace("assign: {team: idf}", "assign: {team: idf}\n  task: true"))
    (contact_id,) = done(watching, sandbox, time)
    record_outbox(watching)
    time.pass_by(seconds=6)
    notify_reps(watching)
    time.pass_by(hours=4, minutes=1)
    due = look(watching, time)
    notify_reps(watching)
    watching.store.inbox.append([], changed=[(contact_id, watching.now_ms())])
    follow_changes(watching)
    time.pass_by(hours=2)

    late = look(watching, time)

    assert len(tasks(watching)) == 3
    assert (due.overdue, late.moved) == (1, 1)
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]
    told = watching.ledger.follow_ups.of_contact(contact_id)
    assert {one.first_response_at for one in told} == {None}


def test_a_program_that_moves_the_status_has_not_answered(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    watching.hubspot.update_contacts({contact_id: {"hs_lead_status": "OPEN"}})
    time.pass_by(hours=6, minutes=1)

    look(watching, time)

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_a_finished_lead_is_nobodys_to_work_on(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    finished, deleted = done(watching, sandbox, time, 2)
    watching.hubspot.update_contacts({finished: {"hs_lead_status": "UNQUALIFIED"}})
    sandbox.delete(deleted)
    time.pass_by(hours=6, minutes=1)

    found = look(watching, time)

    assert (found.looked_at, found.moved) == (2, 0)
    assert not watching.store.watched.is_due(now_ms=watching.now_ms() + 10**10)


def test_it_is_reassigned_so_often_and_then_only_the_managers_are_told(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=6, minutes=1)
    look(watching, time)
    second = owner_of(sandbox, contact_id)
    time.pass_by(hours=6, minutes=1)

    found = look(watching, time)
    record_outbox(watching)
    notify_reps(watching)

    assert found.moved == 0
    assert owner_of(sandbox, contact_id) == second == OWNERS["hugo"]
    bodies = [one["hs_task_body"] for one in tasks_of(watching)]
    assert any("It was reassigned already (1×) and is not reassigned again. " in body for body in bodies)
    assert all("somebody else" not in body for body in bodies if "(1×)" in body)


def test_everybody_is_told_once_however_often_the_watch_looks(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    done(watching, sandbox, time)
    time.pass_by(hours=4, minutes=1)

    for _ in range(6):
        look(watching, time)
        record_outbox(watching)
        notify_reps(watching)
        time.pass_by(minutes=10)

    assert len(tasks(watching)) == 2


def test_a_manager_with_a_chat_is_told_there_what_comes_next(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    chat = Chat({"claire": Address("claire", "json", CHAT)}, sleep=lambda _: None)
    watching = replace(watching, notify=Channels(chat, None))
    (contact_id,) = done(watching, sandbox, time)
    due_at = due_of(watching, contact_id).astimezone(ZoneInfo("Europe/Paris"))
    time.pass_until(due_at + timedelta(seconds=1))
    look(watching, time)
    record_outbox(watching)

    with a_chat_that_answers(200) as posts:
        while notify_reps(watching):
            pass
        (message,) = sent_to(posts)

    was_due, then = (moment_in_words(at, "en") for at in (due_at, due_at + timedelta(hours=2)))
    assert (message["event"], message["title"]) == ("overdue", "Overdue lead of camille")
    assert message["reason"] == (
        f"Nobody has worked on it; it was due {was_due}. {then} it goes to somebody else."
    )
    assert tasks(watching) == [(OWNERS["camille"], "Overdue lead of camille")]


def test_one_call_looks_at_a_hundred_leads(watching: Services, sandbox: SandboxClient, time: Time) -> None:
    done(watching, sandbox, time, 60)
    time.pass_by(seconds=120)
    verify_owners(watching)
    time.pass_by(hours=4, minutes=1)
    watching.people.owners.refresh()
    before = sandbox.calls()["total"]

    found = watch_leads(watching)

    assert (found.looked_at, found.overdue) == (60, 60)
    assert sandbox.calls()["total"] - before == 1


def test_a_claimed_lead_is_watched_and_one_given_back_is_not(
    watching: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(watching, rules, WATCHED.replace("{team: idf}", "{team: idf, method: queue}", 1))
    kept, returned = done(watching, sandbox, time, 2)
    for one in (kept, returned):
        claim_lead(watching, one, rep="lea")
    route_all(watching)
    time.pass_by(seconds=100)
    look(watching, time)
    release_lead(watching, returned, rep="lea", why="not mine")
    route_all(watching)
    time.pass_by(hours=4)

    found = look(watching, time)

    assert (found.looked_at, found.overdue) == (1, 1)
    assert list(watching.store.watched.overdue(limit=9)) == [kept]


def test_a_rep_away_meanwhile_is_not_late(watching: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=1)
    until = time.clock() + timedelta(days=4)
    override = Override("away", until=until, said_at=time.clock(), why="sick")
    watching.people.availability.repository.override("camille", override)
    time.pass_by(days=2)

    found = look(watching, time)

    assert (found.overdue, found.moved) == (0, 0)
    assert owner_of(sandbox, contact_id) == OWNERS["camille"]


def test_redis_emptied_a_lead_is_watched_again_and_remembers_how_often_it_was_taken(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=6, minutes=1)
    look(watching, time)
    record_outbox(watching)
    second = owner_of(sandbox, contact_id)
    watching.store.inbox._redis.flushall()
    watching.store.inbox.open()

    repair(watching, since=time.clock() - timedelta(days=1), until=time.clock())
    verify_owners(watching)
    time.pass_by(hours=6, minutes=1)
    again = look(watching, time)
    time.pass_by(hours=6, minutes=1)
    queued = look(watching, time)

    assert second == OWNERS["hugo"]
    assert (again.overdue, again.moved) == (1, 0)
    assert queued.moved == 1
    assert owner_of(sandbox, contact_id) == ""


def test_a_crash_before_the_move_tells_nobody_of_it_and_one_after_it_does(
    watching: Services, sandbox: SandboxClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    record_outbox(watching)
    time.pass_by(hours=6, minutes=1)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr("router.routing.followup.watch.reassign", crash)
        watch_leads(watching)
    time.pass_by(seconds=6)
    notify_reps(watching)
    before = tasks(watching)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr("router.routing.followup.watch.Watching", crash)
        watch_leads(watching)
    time.pass_by(seconds=6)
    notify_reps(watching)

    assert before == []
    assert (OWNERS["claire"], "Lead taken from camille") in tasks(watching)
    assert watching.store.leads.recall([contact_id])[contact_id].state is State.REOPENED


def test_two_watches_at_once_move_and_tell_once(
    watching: Services, sandbox: SandboxClient, time: Time, settings: Settings, redis_url: str
) -> None:
    ids = done(watching, sandbox, time, 20)
    time.pass_by(hours=6, minutes=1)
    found: list[Watching] = []
    ready = threading.Barrier(2)

    def work() -> None:
        with redis.Redis.from_url(redis_url, decode_responses=True, protocol=3) as client:
            other = open_services(settings, client, clock=time.clock)
            other.rules.refresh()
            ready.wait()
            found.append(watch_leads(other))
            other.ledger.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    look(watching, time)
    record_outbox(watching)
    while notify_reps(watching):
        pass

    assert sum(one.moved for one in found) == 20
    assert {watching.store.leads.recall([one])[one].episode for one in ids} == {1}
    record_outbox(watching)
    for one in ids:
        told = [event.detail for event in watching.ledger.events_of(one) if event.kind == "notified"]
        assert [detail["about"] for detail in told] == ["taken:150"] * 2
        assert len({detail["rep"] for detail in told} - {"claire"}) == 1  # its rep, and the manager


@pytest.mark.parametrize(("same_rule", "owner"), [("true", "hugo"), ("false", "marc")])
def test_the_lead_stays_with_its_rule_or_all_rules_are_read_again(
    watching: Services, sandbox: SandboxClient, rules: Path, time: Time, same_rule: str, owner: str
) -> None:
    with_rules(watching, rules, WATCHED.replace("{at_most: 1}", f"{{at_most: 1, same_rule: {same_rule}}}"))
    (contact_id,) = done(watching, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    time.pass_by(hours=6, minutes=1)

    look(watching, time)

    assert owner_of(sandbox, contact_id) == OWNERS[owner]


def test_a_segment_may_be_tighter(
    watching: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    tighter = "  segments: {all: {on_breach: [{after: 100%, reassign: {at_most: 1}}]}}\n"
    with_rules(watching, rules, WATCHED + tighter)
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=4, minutes=1)

    look(watching, time)

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_nothing_is_watched_in_shadow_mode(
    watching: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    with_rules(watching, rules, f"mode: shadow\n{WATCHED}")
    time.pass_by(hours=13)

    found = look(watching, time)

    assert found == Watching()
    assert owner_of(sandbox, contact_id) == OWNERS["camille"]


def test_an_erased_contact_is_watched_no_more(watching: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=4, minutes=1)
    look(watching, time)
    watching.store.erasures.erase(contact_id)

    assert watching.store.watched.overdue(limit=9) == {}
    assert not watching.store.watched.is_due(now_ms=watching.now_ms() + 10**10)


def test_an_overdue_lead_is_off_the_list_as_soon_as_hubspot_tells_of_a_call(
    watching: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(watching, sandbox, time)
    time.pass_by(hours=5)
    watch_leads(watching)
    before = len(watching.store.watched.overdue(limit=10))
    called_at = watching.clock().isoformat()
    sandbox.edit_by_hand(contact_id, properties={"notes_last_contacted": called_at})
    watching.store.inbox.append([], changed=[(contact_id, watching.now_ms())])
    unseen = watch_leads(watching).looked_at

    follow_changes(watching)
    watch_leads(watching)

    assert (before, unseen) == (1, 0)
    assert not watching.store.watched.overdue(limit=1)
