"""Reps are told of their leads once, whatever repeats, fails or changes its mind; leads never wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import redis
import responses
from msgspec.structs import replace
from structlog.testing import capture_logs

from router.notify import Address, Channels, Chat
from router.routing.outbox.notify import note, notify_reps
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.recovery.erase import erase_contacts
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.messages import CHAT, a_chat_that_answers, sent_to, tasks_of
from tests.world.time import Clock


@pytest.fixture
def services(services: Services) -> Services:
    chat = Chat({"default": Address("default", "json", CHAT)}, sleep=lambda _: None)
    return replace(services, notify=Channels(chat, None))


@pytest.fixture
def posts() -> Iterator[responses.RequestsMock]:
    """What is posted to a chat that is up."""
    with a_chat_that_answers(200) as mock:
        yield mock


def routed(services: Services, sandbox: SandboxClient, clock: Clock, **properties: str) -> str:
    """One lead, written and recorded, six seconds later."""
    (contact,) = sandbox.create_exactly([a_hot_contact(firstname="Jeanne", **properties)])
    announce(services, contact)
    route_all(services)
    record_outbox(services)
    clock.forward(6)
    return contact


def test_a_rep_is_told_of_a_lead_once_however_often_the_job_runs(
    services: Services, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    contact = routed(services, sandbox, clock)

    runs = [notify_reps(services) for _ in range(3)]
    record_outbox(services)

    (message,) = sent_to(posts)
    assert runs == [1, 0, 0]
    assert message["title"] == "Nouveau lead pour camille"
    assert message["reason"] == sandbox.contact(contact)["properties"]["lead_router_reason"]
    assert message["link"] == f"https://app.hubspot.com/contacts/4242/record/0-1/{contact}"
    assert "Jeanne" not in str(message)
    assert "acier" not in str(message)
    (told,) = [one for one in services.ledger.events_of(contact) if one.kind == "notified"]
    assert told.detail == {"channel": "chat", "rep": "camille", "outcome": "sent"}


def test_an_outbox_that_is_recorded_twice_tells_nobody_twice(
    services: Services, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact)
    route_all(services)
    lines = services.store.outbox.lines()
    record_outbox(services)
    clock.forward(6)
    notify_reps(services)

    note(services, lines)  # the recorder had crashed before it dropped the lines
    clock.forward(6)

    assert notify_reps(services) == 0
    assert len(posts.calls) == 1


def test_nobody_is_told_before_a_persons_choice_could_be_given_back(
    services: Services, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    record_outbox(services)
    assert notify_reps(services) == 0

    for _ in range(3):
        clock.forward(4)
        verify_owners(services)
    notify_reps(services)

    assert sent_to(posts) == []
    assert services.store.notices.waiting() == 0


def test_a_chat_that_is_down_is_tried_later_and_later_and_parked_after_a_day(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact = routed(services, sandbox, clock)
    began, tries = clock(), []

    with a_chat_that_answers(503) as mock, capture_logs() as lines:
        while services.store.notices.waiting():
            before = len(mock.calls)
            notify_reps(services)
            tries += [clock() - began] if len(mock.calls) > before else []
            clock.forward(30)

    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[0] < timedelta(minutes=2) < gaps[-1]
    assert timedelta(hours=24) <= tries[-1] < timedelta(hours=26)
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["notice.parked"]
    (parked,) = services.store.notices.parked().values()
    assert parked["contact_id"] == contact
    assert "HTTP 503" in parked["why"]


def test_a_chat_that_comes_back_gets_the_message(
    services: Services, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    routed(services, sandbox, clock)
    posts.replace(responses.POST, CHAT, status=500)
    assert notify_reps(services) == 0
    posts.replace(responses.POST, CHAT, status=200)

    assert notify_reps(services) == 0, "it waits for its time"
    clock.forward(31)

    assert notify_reps(services) == 1


def test_a_message_that_a_dead_process_may_have_sent_is_not_sent_again(
    services: Services, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    contact = routed(services, sandbox, clock)
    notice = services.store.notices.take(now_ms=services.now_ms())
    assert notice is not None
    assert services.store.notices.claim(notice, now_ms=services.now_ms())
    assert notify_reps(services) == 0, "it is somebody else's for two minutes"

    clock.forward(121)
    notify_reps(services)
    record_outbox(services)

    assert sent_to(posts) == []
    assert [
        one.detail["outcome"] for one in services.ledger.events_of(contact) if one.kind == "notified"
    ] == ["unclear"]


def test_leads_are_routed_and_recorded_while_the_chat_is_down(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    with a_chat_that_answers(503):
        for _ in range(5):
            contact = routed(services, sandbox, clock)
            notify_reps(services)

            assert sandbox.contact(contact)["properties"]["hubspot_owner_id"]
            assert services.store.outbox.length() == 0


def test_nothing_is_noted_where_nobody_can_be_told(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    silent = replace(services, notify=Channels(Chat({}), None))

    routed(silent, sandbox, clock)

    assert services.store.notices.waiting() == 0


def test_a_forgotten_contact_leaves_no_notice(
    services: Services,
    sandbox: SandboxClient,
    clock: Clock,
    posts: responses.RequestsMock,
    redis_client: redis.Redis,
) -> None:
    told, waiting = routed(services, sandbox, clock), ""
    notify_reps(services)
    waiting = routed(services, sandbox, clock)
    for contact in (told, waiting):
        services.store.erasures.ask(contact)

    erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)

    names = (services.store.keys.notices_due, services.store.keys.notices_sent)
    assert [redis_client.zcard(name) for name in names] == [0, 0]
    assert services.store.notices.waiting() == 0


def test_a_rule_may_ask_for_a_task_with_the_due_time(
    services: Services, rules: Path, sandbox: SandboxClient, clock: Clock, posts: responses.RequestsMock
) -> None:
    routing = rules / "routing.yaml"
    routing.write_text(
        routing.read_text().replace("assign: {team: idf}", "assign: {team: idf}\n  task: true")
    )
    clock.forward(60)
    services.rules.refresh()
    contact = routed(services, sandbox, clock)

    assert notify_reps(services) == 2
    clock.forward(6)
    assert notify_reps(services) == 0

    properties = sandbox.contact(contact)["properties"]
    made = tasks_of(services)
    assert [one["hs_task_subject"] for one in made] == ["Nouveau lead pour camille"]
    assert made[0]["hs_task_body"] == properties["lead_router_reason"]
    assert made[0]["hubspot_owner_id"] == properties["hubspot_owner_id"]
