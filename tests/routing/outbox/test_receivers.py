"""A receiver that refuses, is down or drips delays its own notices and nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import responses
from msgspec.structs import replace
from structlog.testing import capture_logs

from router.notify import Address, Channels, Chat
from router.routing.outbox.notify import notify_reps
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.recovery.erase import erase_contacts
from router.sandbox.http.client import SandboxClient
from router.store.worklists.notices import Notice
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.messages import CHAT, a_chat_that_answers, a_dripping_server, sent_to, tasks_of
from tests.world.time import Clock, wait_for

LATER = 6.0
"""Seconds after which a new notice is due."""


@pytest.fixture
def rules(rules: Path) -> Path:
    """Every lead of idf gives its rep a task."""
    routing = rules / "routing.yaml"
    routing.write_text(
        routing.read_text().replace("assign: {team: idf}", "assign: {team: idf}\n  task: true")
    )
    return rules


def routed(services: Services, sandbox: SandboxClient, clock: Clock, *, leads: int) -> list[str]:
    """Leads of idf, written and recorded, whose notices are due."""
    contacts = sandbox.create_exactly(
        [a_hot_contact(email=f"n{number}@acier.fr") for number in range(leads)], announce=False
    )
    announce(services, *contacts)
    route_all(services)
    record_outbox(services)
    clock.forward(LATER)
    return list(contacts)


def with_chats(services: Services, **urls: str) -> Services:
    """The services with a JSON webhook for each of these reps, which lets 2 s pass and no more."""
    addresses = {rep: Address(rep, "json", url) for rep, url in urls.items()}
    chat = Chat(addresses, allow_private=True, sleep=lambda _: None, deadline_s=2)
    return replace(services, notify=Channels(chat, None))


def outcomes(services: Services, contact: str) -> list[tuple[str, str]]:
    record_outbox(services)
    return [
        (one.detail["channel"], one.detail["outcome"])
        for one in services.ledger.events_of(contact)
        if one.kind == "notified"
    ]


def test_a_task_for_a_deactivated_owner_is_refused_once_and_delays_no_other_notice(
    services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    contacts = routed(services, sandbox, clock, leads=6)
    sandbox.archive_owner(OWNERS["camille"])
    of_camille = [one for one in contacts if owner_of(sandbox, one) == OWNERS["camille"]]
    assert 0 < len(of_camille) < 6

    with capture_logs() as lines:
        sent = notify_reps(services)
        again = [notify_reps(services), clock.forward(90_000), notify_reps(services)]

    assert (sent, again) == (6 - len(of_camille), [0, None, 0])
    assert {one["hubspot_owner_id"] for one in tasks_of(services)} == {OWNERS["hugo"], OWNERS["lea"]}
    assert [outcomes(services, one) for one in of_camille] == [[("task", "refused")]] * len(of_camille)
    parked = services.store.notices.parked()
    assert sorted(one["contact_id"] for one in parked.values()) == sorted(of_camille)
    assert sum(line["event"] == "notice.parked" for line in lines) == len(of_camille)
    assert redis_client.hget(services.store.keys.counts, "notices_parked") == str(len(of_camille))


def owner_of(sandbox: SandboxClient, contact: str) -> str:
    return str(sandbox.contact(contact)["properties"]["hubspot_owner_id"])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 302])
def test_a_chat_that_refuses_is_asked_once_for_each_notice(
    services: Services, sandbox: SandboxClient, clock: Clock, status: int
) -> None:
    chatty = with_chats(services, camille=CHAT, hugo=CHAT, lea=CHAT)
    with a_chat_that_answers(status) as mock:
        (contact,) = routed(chatty, sandbox, clock, leads=1)
        for _ in range(3):
            notify_reps(chatty)
            clock.forward(40_000)
        asked = len(mock.calls)

    assert asked == 1
    assert sorted(outcomes(chatty, contact)) == [("chat", "refused"), ("task", "sent")]


def test_a_task_that_hubspot_cannot_take_now_is_tried_later_and_the_chat_hears_at_once(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    chatty = with_chats(services, camille=CHAT, hugo=CHAT, lea=CHAT)
    with a_chat_that_answers(200) as mock:
        contacts = routed(chatty, sandbox, clock, leads=4)
        sandbox.break_with("403", on="tasks", next=2)
        first = notify_reps(chatty)
        told = len(sent_to(mock))
        clock.forward(31)
        second = notify_reps(chatty)

    assert (first, told, second) == (4, 4, 4)
    assert len(tasks_of(services)) == len(contacts)


def test_one_message_that_fails_does_not_make_the_others_wait(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    chatty = with_chats(services, default=CHAT)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_passthru("http://127.0.0.1")
        mock.post(CHAT, status=429)
        mock.post(CHAT, status=200)
        routed(chatty, sandbox, clock, leads=4)
        notify_reps(chatty)
        answers = [call.response.status_code for call in mock.calls]

    assert answers == [429, 200, 200, 200]


def test_a_notice_that_no_message_can_be_made_of_is_parked_and_delays_no_other(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact,) = routed(services, sandbox, clock, leads=1)
    state = services.store.leads.recall([contact])[contact]
    odd = Notice(state.decision_id, contact, state.owner_id, "task", since_ms=0, about="no such event:1")
    services.store.notices.note([odd], due_ms=0)

    notify_reps(services)

    assert services.notify.turns.finish(within_s=30)
    assert sorted(outcomes(services, contact)) == [("task", "refused"), ("task", "sent")]


@pytest.fixture
def dripping() -> Iterator[str]:
    """The address of a chat that drips."""
    with a_dripping_server(b"HTTP/1.1 200 OK\r\nX-Slow: ") as port:
        yield f"http://127.0.0.1:{port}/hook"


def test_a_chat_that_drips_holds_neither_other_receivers_nor_housekeeping_nor_an_erasure(
    services: Services, sandbox: SandboxClient, clock: Clock, dripping: str, redis_client: redis.Redis
) -> None:
    chatty = with_chats(services, camille=dripping, hugo=CHAT, lea=CHAT)
    with a_chat_that_answers(200) as mock:
        contacts = routed(chatty, sandbox, clock, leads=6)
        slow = [one for one in contacts if owner_of(sandbox, one) == OWNERS["camille"]]
        assert len(slow) >= 2

        run = threading.Thread(target=notify_reps, args=(chatty,))
        run.start()
        wait_for(lambda: len(sent_to(mock)) == 6 - len(slow) and len(tasks_of(services)) == 6)
        going_on = not chatty.notify.turns.finish(within_s=0)
        for contact in slow:
            services.store.erasures.ask(contact)
        erase_contacts(store=services.store, ledger=services.ledger, clock=clock, log=services.log)
        still_going_on = not chatty.notify.turns.finish(within_s=0)
        run.join()
        assert chatty.notify.turns.finish(within_s=20)

    record_outbox(services)
    assert going_on and still_going_on, "nobody has waited for the chat that drips"
    assert services.store.notices.waiting() == 0
    for contact in slow:
        assert services.ledger.events_of(contact) == ()
    traces = [
        key for key in redis_client.scan_iter() if any(one in str(dump(redis_client, key)) for one in slow)
    ]
    assert traces == []


def dump(client: redis.Redis, key: str) -> object:
    match client.type(key):
        case "hash":
            return client.hgetall(key)
        case "zset":
            return client.zrange(key, 0, -1)
        case "stream":
            return client.xrange(key)
        case "set":
            return client.smembers(key)
        case "list":
            return client.lrange(key, 0, -1)
        case _:
            return client.get(key)


def test_a_receiver_whose_turn_goes_on_gets_its_later_notices_in_its_next_turn(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    go_on = threading.Event()
    assert services.notify.turns.start("HubSpot", lambda: go_on.wait(20)) is not None
    routed(services, sandbox, clock, leads=2)

    busy = notify_reps(services)
    go_on.set()
    assert services.notify.turns.finish(within_s=20)
    clock.forward(LATER)

    assert (busy, notify_reps(services)) == (0, 2)
