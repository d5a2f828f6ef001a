"""A server that drips, or never says a word, holds nobody longer than the deadline."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from router.notify import Address, Chat, Letter, Mail, NotDelivered, NotifyError, Unclear
from router.notify.conversation import Conversation, TooLate
from router.notify.message import a_test
from tests.world.messages import a_dripping_server
from tests.world.time import wait_for

DEADLINE_S = 0.5
HEAD = b"HTTP/1.1 200 OK\r\nX-Slow: "
TLS_RECORD = b"\x16\x03\x03\x40\x00"
"""The head of a record of 16 KB, as a TLS handshake begins."""


def post(scheme: str, port: int) -> None:
    address = Address("default", "json", f"{scheme}://localhost:{port}/hook")
    chat = Chat({"default": address}, allow_private=True, deadline_s=DEADLINE_S)
    chat.send(address, a_test("camille", language="en"))


def mail(scheme: str, port: int) -> None:
    Mail(f"{scheme}://localhost:{port}", "a@acme.fr", ("b@acme.fr",), deadline_s=DEADLINE_S).send(
        Letter("Night", "text", "<p>text</p>")
    )


@dataclass(frozen=True)
class Dripping:
    send: Callable[[str, int], None]
    scheme: str
    first: bytes
    drop: bytes
    error: type[NotifyError]


CASES = {
    "a chat drips its headers": Dripping(post, "http", HEAD, b"x", Unclear),
    "a chat drips headers line by line": Dripping(post, "http", HEAD + b"\r\n", b"a: b\r\n", Unclear),
    "a chat answers with continue for ever": Dripping(
        post, "http", b"", b"HTTP/1.1 100 Continue\r\n\r\n", Unclear
    ),
    "a chat drips its TLS handshake": Dripping(post, "https", TLS_RECORD, b"x", NotDelivered),
    "a mail server drips its greeting": Dripping(mail, "smtp", b"220-", b"x", NotDelivered),
    "a mail server greets line by line": Dripping(mail, "smtp", b"", b"220-wait\r\n", NotDelivered),
    "a mail server drips its TLS handshake": Dripping(mail, "smtps", TLS_RECORD, b"x", NotDelivered),
    "a mail server drips what it can do": Dripping(mail, "smtp", b"220 here\r\n250-", b"x", NotDelivered),
    "a mail server never takes the mail": Dripping(
        mail, "smtp", b"220 here\r\n250 fine\r\n250 fine\r\n250-", b"x", Unclear
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_server_that_drips_is_left_at_the_deadline_and_leaves_no_thread(case: Dripping) -> None:
    with a_dripping_server(case.first, drop=case.drop) as port:
        with pytest.raises(case.error) as told:
            case.send(case.scheme, port)

        wait_for(lambda: not conversations(), within_s=5)
    assert type(told.value) is case.error
    assert "certificate" not in str(told.value)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("send", [post, mail])
def test_a_name_that_is_looked_up_for_ever_is_left_at_the_deadline(
    send: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, looked_up = threading.Event(), socket.getaddrinfo

    def hang(*asked: object, **how: object) -> object:
        found.wait(15)
        return looked_up(*asked, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", hang)  # no name server of ours can be made to hang
    with a_dripping_server() as port:
        with pytest.raises(NotDelivered, match="no connection in time"):
            send("http" if send is post else "smtp", port)
        found.set()
        wait_for(lambda: not conversations(), within_s=5)


def test_a_connection_that_comes_too_late_is_shut_before_anything_is_sent() -> None:
    conversation, go_on, refused = Conversation(0.01), threading.Event(), threading.Event()
    ours, theirs = socket.socketpair()

    def late() -> None:
        go_on.wait(10)
        try:
            conversation.guard(ours)
        except TimeoutError:
            refused.set()

    with pytest.raises(TooLate) as told:
        conversation.run(late)
    go_on.set()

    assert refused.wait(10)
    assert not told.value.established
    assert theirs.recv(1) == b""
    ours.close()
    theirs.close()


def conversations() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "conversation"]
