"""A call ends in time and in size whatever the server does, and its connection is clean afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from router.hubspot.api.http_response import HttpResponse, TransportError
from router.hubspot.api.transport import Transport, versioned
from tests.world.responder import Reply, Responder, drip, endless, json_reply, reset, silence


@pytest.fixture
def call(responder: Responder) -> Iterator[Callable[..., HttpResponse]]:
    transport = Transport(api_version="v3", connections=16, most_bytes=1_000_000, deadline_s=0.4)
    yield lambda **more: transport.POST(f"{responder.url}/crm/v3/objects/contacts", body={"a": 1}, **more)


@pytest.mark.parametrize(
    "misbehaviour",
    [drip(headers_only=True), drip(headers_only=False), silence],
    ids=["drips its headers", "drips its body", "hangs"],
)
def test_the_deadline_is_for_the_whole_call(
    responder: Responder, call: Callable[..., HttpResponse], misbehaviour: Reply
) -> None:
    responder.replies(misbehaviour)
    started = time.monotonic()

    with pytest.raises(TransportError) as caught:
        call()

    assert caught.value.sent
    assert 0.3 < time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "misbehaviour",
    [reset, json_reply({"results": []}, length=500), endless],
    ids=["resets", "promises more than it sends", "never ends"],
)
def test_half_an_answer_is_no_answer(
    responder: Responder, call: Callable[..., HttpResponse], misbehaviour: Reply
) -> None:
    responder.replies(misbehaviour)

    with pytest.raises(TransportError):
        call(_request_timeout=5.0 if misbehaviour is endless else 0.4)


def test_after_a_half_read_answer_the_next_call_is_answered_right(
    responder: Responder, call: Callable[..., HttpResponse]
) -> None:
    responder.replies(endless, json_reply({"fine": True}))
    with pytest.raises(TransportError):
        call(_request_timeout=5.0)

    assert call().body == b'{"fine":true}'
    assert responder.connections == 2


def test_whole_answers_share_a_connection(responder: Responder, call: Callable[..., HttpResponse]) -> None:
    responder.replies(json_reply({}))

    for _ in range(5):
        call()

    assert responder.connections == 1


def test_a_server_that_is_not_there_was_never_asked() -> None:
    transport = Transport(api_version="v3", connections=1, most_bytes=1000, deadline_s=1)

    with pytest.raises(TransportError) as caught:
        transport.GET("http://127.0.0.1:1/crm/v3/owners/")

    assert not caught.value.sent


def test_every_status_is_an_answer(responder: Responder, call: Callable[..., HttpResponse]) -> None:
    responder.replies(json_reply({"message": "no"}, status=400, headers={"Retry-After": "3"}))

    answer = call()

    assert (answer.status, answer.headers.get("retry-after")) == (400, "3")


def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else(
    responder: Responder, call: Callable[..., HttpResponse]
) -> None:
    responder.replies(json_reply({}, status=302, headers={"Location": f"{responder.url}/elsewhere"}))

    assert call().status == 302
    assert len(responder.seen) == 1


def test_threads_each_have_their_own_deadline(responder: Responder) -> None:
    transport = Transport(api_version="v3", connections=16, most_bytes=1_000_000, deadline_s=10)
    responder.replies(silence, silence, silence, json_reply({}))
    failed: list[str] = []

    def ask() -> None:
        try:
            transport.GET(f"{responder.url}/x", _request_timeout=0.3)
        except TransportError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=3)

    assert len(failed) == 3
    assert transport.GET(f"{responder.url}/x").status == 200


@pytest.mark.parametrize(
    ("path", "version", "expected"),
    [
        ("/crm/v3/objects/contacts/batch/read", "v3", "/crm/v3/objects/contacts/batch/read"),
        ("/crm/v3/objects/contacts/batch/read", "2026-03", "/crm/objects/2026-03/contacts/batch/read"),
        ("/crm/v3/owners/", "v3", "/crm/v3/owners"),
        ("/crm/v3/owners/", "2026-09", "/crm/owners/2026-09"),
        ("/crm/v3/properties/contacts/groups", "2026-03", "/crm/properties/2026-03/contacts/groups"),
    ],
)
def test_the_paths_name_the_version_of_the_portals_choice(path: str, version: str, expected: str) -> None:
    assert versioned(f"https://api.hubapi.com{path}", version) == f"https://api.hubapi.com{expected}"
