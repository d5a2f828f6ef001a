"""Where a message goes, and what is said of it when it does not arrive."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from router.notify import Address, Chat, NotDelivered, Unclear
from router.notify.message import a_test

PUBLIC = "https://1.1.1.1/services/T0/secret-path"
MESSAGE = a_test("camille", language="en")
PAUSES: list[float] = []


def a_chat(url: str = PUBLIC, *, allow_private: bool = False) -> tuple[Chat, Address]:
    address = Address("default", "slack", url)
    PAUSES.clear()
    return Chat({"default": address}, allow_private=allow_private, sleep=PAUSES.append), address


def test_a_rep_is_told_in_their_own_channel_else_their_teams_else_the_default_one() -> None:
    addresses = {name: Address(name, "json", PUBLIC) for name in ("camille", "idf", "default")}
    chat = Chat(addresses)

    found = [
        chat.address_of("camille", team="idf"),
        chat.address_of("hugo", team="idf"),
        chat.address_of("hugo"),
        chat.address_of(None, team=None),
    ]

    assert [address.name for address in found if address] == ["camille", "idf", "default", "default"]
    assert Chat({}).address_of("camille") is None
    assert "secret" not in repr(addresses)


@responses.activate
def test_a_message_is_posted_as_the_chat_wants_it() -> None:
    chat, address = a_chat()
    responses.post(PUBLIC, body="ok")

    delivered = chat.send(address, MESSAGE)

    assert delivered.status == 200
    assert orjson.loads(responses.calls[0].request.body)["text"].startswith("*Test message for camille*")


@pytest.mark.parametrize(
    ("status", "posts", "says"),
    [(503, 2, "trouble"), (429, 1, "no room"), (404, 1, "refuses"), (302, 1, "redirect")],
)
@responses.activate
def test_an_answer_that_is_no_yes_means_not_delivered(status: int, posts: int, says: str) -> None:
    chat, address = a_chat()
    responses.post(PUBLIC, status=status, headers={"Location": "https://1.0.0.1/elsewhere"})

    with pytest.raises(NotDelivered, match=says) as caught:
        chat.send(address, MESSAGE)

    assert len(responses.calls) == posts
    assert "secret-path" not in str(caught.value)


@responses.activate
def test_trouble_that_passes_is_tried_once_more_after_a_pause() -> None:
    chat, address = a_chat()
    responses.post(PUBLIC, status=500)
    responses.post(PUBLIC, status=200)

    assert chat.send(address, MESSAGE).status == 200
    assert len(PAUSES) == 1


@pytest.mark.parametrize(
    ("trouble", "error", "posts"),
    [
        (requests.exceptions.ConnectTimeout(), NotDelivered, 2),
        (
            requests.exceptions.ConnectionError(
                MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]
            ),
            NotDelivered,
            2,
        ),
        (requests.exceptions.SSLError(), NotDelivered, 1),
        (requests.exceptions.ReadTimeout(), Unclear, 1),
        (requests.exceptions.ConnectionError("reset"), Unclear, 1),
    ],
)
@responses.activate
def test_what_may_have_arrived_is_not_sent_again(
    trouble: Exception, error: type[Exception], posts: int
) -> None:
    chat, address = a_chat()
    responses.post(PUBLIC, body=trouble)

    with pytest.raises(error):
        chat.send(address, MESSAGE)

    assert len(responses.calls) == posts


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "192.168.0.9",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "0.0.0.0",
        "2130706433",
    ],
)
@responses.activate
def test_a_private_machine_is_not_asked(host: str) -> None:
    chat, address = a_chat(f"https://{host}/hook")

    with pytest.raises(NotDelivered, match="NOTIFY_ALLOW_PRIVATE"):
        chat.send(address, MESSAGE)

    assert len(responses.calls) == 0


def test_a_host_that_there_is_not_is_named_as_the_cause() -> None:
    chat, address = a_chat("https://no-such-host.invalid/hook")

    with pytest.raises(NotDelivered, match="cannot be found"):
        chat.send(address, MESSAGE)


def test_a_message_arrives_on_a_real_connection() -> None:
    with a_server() as (url, got):
        chat, address = a_chat(url.replace("127.0.0.1", "localhost"), allow_private=True)

        delivered = chat.send(address, MESSAGE)

    assert delivered.status == 204
    assert got == [("localhost", MESSAGE.body("slack"))]


def test_nobody_behind_the_port_means_not_delivered() -> None:
    with a_server() as (url, _):
        pass
    chat, address = a_chat(url, allow_private=True)

    with pytest.raises(NotDelivered, match="no connection"):
        chat.send(address, MESSAGE)


@contextmanager
def a_server() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    got: list[tuple[str, Any]] = []

    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Host"].partition(":")[0], orjson.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
