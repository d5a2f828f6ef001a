"""Reps are told of their leads once, whatever repeats, fails or changes its mind; leads never wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import redis
import responses
from structlog.testing import capture_logs

from router.notify import Address, Chat
from router.routing.intake.verify import verify
from router.routing.outbox.notify import note, notify
from router.routing.outbox.record import record
from router.routing.portal.services import Desk
from router.routing.recovery.erase import erase
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.messages import CHAT, a_chat_that_answers, sent_to, tasks_of
from tests.world.time import Clock


@pytest.fixture
def desk(desk: Desk) -> Desk:
    chat = Chat({"default": Address("default", "json", CHAT)}, sleep=lambda _: None)
    return replace(desk, chat=chat)


@pytest.fixture
def posts() -> Iterator[responses.RequestsMock]:
    """What is posted to a chat that is up."""
    with a_chat_that_answers(200) as mock:
        yield mock


def routed(desk: Desk, sandbox: SandboxClient, clock: Clock, **properties: str) -> str:
    """One lead, written and recorded, six seconds later."""
    (contact,) = sandbox.create_exactly([a_hot_contact(firstname="Jeanne", **properties)])
    announce(desk, contact)
    route_all(desk)
    record(desk)
    clock.forward(6)
    return contact


def test_a_rep_is_told_of_a_lead_once_however_often_the_job_runs(
    desk: Desk, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    contact = routed(desk, sandbox, clock)

    runs = [notify(desk) for _ in range(3)]
    record(desk)

    (message,) = sent_to(posts)
    assert runs == [1, 0, 0]
    assert message["title"] == "Nouveau lead pour camille"
    assert message["reason"] == sandbox.contact(contact)["properties"]["lead_router_reason"]
    assert message["link"] == f"https://app.hubspot.com/contacts/4242/record/0-1/{contact}"
    assert "Jeanne" not in str(message)
    assert "acier" not in str(message)
    (told,) = [one for one in desk.ledger.events_of(contact) if one.kind == "notified"]
    assert told.detail == {"channel": "chat", "rep": "camille", "outcome": "sent"}


def test_an_outbox_that_is_recorded_twice_tells_nobody_twice(
    desk: Desk, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact()])
    announce(desk, contact)
    route_all(desk)
    lines = desk.outbox.lines()
    record(desk)
    clock.forward(6)
    notify(desk)

    note(desk, lines)  # the recorder had crashed before it dropped the lines
    clock.forward(6)

    assert notify(desk) == 0
    assert len(posts.calls) == 1


def test_nobody_is_told_before_a_persons_choice_could_be_given_back(
    desk: Desk, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact()])
    announce(desk, contact)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(desk)
    record(desk)
    assert notify(desk) == 0

    for _ in range(3):
        clock.forward(4)
        verify(desk)
    notify(desk)

    assert sent_to(posts) == []
    assert desk.notices.waiting() == 0


def test_a_chat_that_is_down_is_tried_later_and_later_and_parked_after_a_day(
    desk: Desk, sandbox: SandboxClient, clock: Clock
) -> None:
    contact = routed(desk, sandbox, clock)
    began, tries = clock(), []

    with a_chat_that_answers(503) as mock, capture_logs() as lines:
        while desk.notices.waiting():
            before = len(mock.calls)
            notify(desk)
            tries += [clock() - began] if len(mock.calls) > before else []
            clock.forward(30)

    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[0] < timedelta(minutes=2) < gaps[-1]
    assert timedelta(hours=24) <= tries[-1] < timedelta(hours=26)
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["notice.parked"]
    (parked,) = desk.notices.parked().values()
    assert parked["contact_id"] == contact
    assert "HTTP 503" in parked["why"]


def test_a_chat_that_comes_back_gets_the_message(
    desk: Desk, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    routed(desk, sandbox, clock)
    posts.replace(responses.POST, CHAT, status=500)
    assert notify(desk) == 0
    posts.replace(responses.POST, CHAT, status=200)

    assert notify(desk) == 0, "it waits for its time"
    clock.forward(31)

    assert notify(desk) == 1


def test_a_message_that_a_dead_process_may_have_sent_is_not_sent_again(
    desk: Desk, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    contact = routed(desk, sandbox, clock)
    notice = desk.notices.take(now_ms=desk.now_ms())
    assert notice is not None
    assert desk.notices.claim(notice, now_ms=desk.now_ms())
    assert notify(desk) == 0, "it is somebody else's for two minutes"

    clock.forward(121)
    notify(desk)
    record(desk)

    assert sent_to(posts) == []
    assert [one.detail["outcome"] for one in desk.ledger.events_of(contact) if one.kind == "notified"] == [
        "unclear"
    ]


def test_leads_are_routed_and_recorded_while_the_chat_is_down(
    desk: Desk, sandbox: SandboxClient, clock: Clock
) -> None:
    with a_chat_that_answers(503):
        for _ in range(5):
            contact = routed(desk, sandbox, clock)
            notify(desk)

            assert sandbox.contact(contact)["properties"]["hubspot_owner_id"]
            assert desk.outbox.length() == 0


def test_nothing_is_noted_where_nobody_can_be_told(desk: Desk, sandbox: SandboxClient, clock: Clock) -> None:
    silent = replace(desk, chat=Chat({}))

    routed(silent, sandbox, clock)

    assert desk.notices.waiting() == 0


def test_a_forgotten_contact_leaves_no_notice(
    desk: Desk, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock, redis_client: redis.Redis
) -> None:
    told, waiting = routed(desk, sandbox, clock), ""
    notify(desk)
    waiting = routed(desk, sandbox, clock)
    for contact in (told, waiting):
        desk.erasures.ask(contact)

    erase(desk)

    names = (desk.keys.notices_due, desk.keys.notices_sent)
    assert [redis_client.zcard(name) for name in names] == [0, 0]
    assert desk.notices.waiting() == 0


def test_a_rule_may_ask_for_a_task_with_the_due_time(
    desk: Desk, rules: Path, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    routing = rules / "routing.yaml"
    routing.write_text(
        routing.read_text().replace("assign: {team: idf}", "assign: {team: idf}\n  task: true")
    )
    clock.forward(60)
    desk.rules.refresh()
    contact = routed(desk, sandbox, clock)

    assert notify(desk) == 2
    clock.forward(6)
    assert notify(desk) == 0

    properties = sandbox.contact(contact)["properties"]
    made = tasks_of(desk)
    assert [one["hs_task_subject"] for one in made] == ["Nouveau lead pour camille"]
    assert made[0]["hs_task_body"] == properties["lead_router_reason"]
    assert made[0]["hubspot_owner_id"] == properties["hubspot_owner_id"]
