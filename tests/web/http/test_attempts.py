"""Raw HTTP attempts on a real socket: each is refused and hung up on, and nothing behind it is read."""

# ruff: noqa: E501 - a table

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
import redis

from router.clock import real_clock
from router.store.keys import Keys
from tests.world.deliveries import created, signed
from tests.world.receivers import DOOR, Receiver, a_receiver

HIDDEN = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
POST = f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
OLD = POST.replace(b"1.1", b"1.0")
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
EMPTY = b"0\r\n\r\n"

ATTEMPTS: dict[str, bytes] = {
    # Where does the body end?
    "Content-Length, then Transfer-Encoding": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + EMPTY + b"G",
    "Transfer-Encoding, then Content-Length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n" + EMPTY + b"G",
    "two Content-Lengths": POST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "the same Content-Length twice": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of Content-Lengths": POST + b"Content-Length: 0, 0\r\n\r\n",
    "Content-Length +0": POST + b"Content-Length: +0\r\n\r\n",
    "Content-Length -1": POST + b"Content-Length: -1\r\n\r\n",
    "Content-Length 0x0": POST + b"Content-Length: 0x0\r\n\r\n",
    "Content-Length 0_0": POST + b"Content-Length: 0_0\r\n\r\n",
    "Content-Length 0 0": POST + b"Content-Length: 0 0\r\n\r\n",
    "an empty Content-Length": POST + b"Content-Length:\r\n\r\n",
    "Content-Length in other digits": POST + "Content-Length: ٠\r\n\r\n".encode(),
    "a Content-Length of 30 digits": POST + b"Content-Length: " + b"0" * 30 + b"\r\n\r\n",
    "Content_Length": POST + b"Content_Length: 5\r\n\r\n",
    "Transfer_Encoding": POST + b"Transfer_Encoding: chunked\r\n\r\n",
    "Transfer-Encoding twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + EMPTY,
    "Transfer-Encoding chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + EMPTY,
    "Transfer-Encoding gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + EMPTY,
    "Transfer-Encoding identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "Transfer-Encoding xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + EMPTY,
    "Transfer-Encoding chunked;q=1": POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + EMPTY,
    "Transfer-Encoding in quotes": POST + b'Transfer-Encoding: "chunked"\r\n\r\n' + EMPTY,
    "Transfer-Encoding with a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + EMPTY,
    "Transfer-Encoding with NEL": POST + b"Transfer-Encoding: chunked\x85\r\n\r\n" + EMPTY,
    "an empty Transfer-Encoding": POST + b"Transfer-Encoding:\r\n\r\n",
    "Transfer-Encoding with HTTP/1.0": OLD + b"Transfer-Encoding: chunked\r\n\r\n" + EMPTY,
    "Transfer-Encoding with HTTP/1.2": POST.replace(b"1.1", b"1.2") + b"Transfer-Encoding: chunked\r\n\r\n" + EMPTY,
    # One header, or two?
    "space before the colon": POST + b"Content-Length : 0\r\n\r\n",
    "space before the colon of Transfer-Encoding": POST + b"Transfer-Encoding : chunked\r\n\r\n" + EMPTY,
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + EMPTY,
    "a folded value": POST + b"X: a\r\n\tContent-Length: 0\r\n\r\n",
    "a first header that is folded": b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "LF in a header": GET + b"X: a\nContent-Length: 5\r\n\r\n",
    "CR in a header": GET + b"X: a\rContent-Length: 5\r\n\r\n",
    "NUL in a header": GET + b"X: a\x00b\r\n\r\n",
    "DEL in a header": GET + b"X: a\x7fb\r\n\r\n",
    "NUL in a name": GET + b"X\x00: a\r\n\r\n",
    "a name in other letters": GET + "Ｘ: a\r\n\r\n".encode(),
    "no name": GET + b": a\r\n\r\n",
    "no colon": GET + b"X\r\n\r\n",
    "a hundred headers too many": GET + b"X: a\r\n" * 200 + b"\r\n",
    # To whom, and how?
    "two Hosts": GET + b"Host: y\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Content-Types": POST + b"Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.10": b"GET / HTTP/1.10\r\nHost: x\r\n\r\n",
    "http/1.1": b"GET / http/1.1\r\nHost: x\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tab": b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the path": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "half an IPv6 address": b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no method": b"/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a proxy's line": b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    # Chunks; tests/web/http/test_chunks.py has more.
    "an empty line before the chunks": CHUNKED + b"\r\n" + EMPTY,
    "a chunk longer than its size": CHUNKED + b"1\r\nxy\r\n" + EMPTY,
    "a chunk that LF ends": CHUNKED + b"1\r\nx\n" + EMPTY,
    "a size that LF ends": CHUNKED + b"1\nx\r\n" + EMPTY,
    "size 0x1": CHUNKED + b"0x1\r\nx\r\n" + EMPTY,
    "size -1": CHUNKED + b"-1\r\nx\r\n" + EMPTY,
    "a size of nine digits": CHUNKED + b"100000001\r\nx\r\n" + EMPTY,
    "chunks of one byte": CHUNKED + b"1\r\nx\r\n" * 1000 + EMPTY,
}  # fmt: skip
TOO_LARGE = {
    "a header of 40 KB": GET + b"X: " + b"a" * 40_000 + b"\r\n\r\n",
    "Content-Length over the limit": POST + b"Content-Length: 1048577\r\n\r\n",
    "chunks over the limit": CHUNKED + (b"80000\r\n" + b" " * 0x80000 + b"\r\n") * 3 + EMPTY,
}


def signature_attempts() -> dict[str, tuple[bytes, int]]:
    """Requests with a good body and something wrong about its signature, and the status of each."""
    body = created(501)
    good = signed(body, now=real_clock())
    signature, timestamp = good["X-HubSpot-Signature-v3"], good["X-HubSpot-Request-Timestamp"]
    old = str(int(timestamp) - 301_000)

    def asks(
        changed: dict[str, str | None], *more: str, sent: bytes = body, line: str = f"POST {DOOR}"
    ) -> bytes:
        headers = {name: value for name, value in {**good, **changed}.items() if value is not None}
        lines = [
            f"{line} HTTP/1.1",
            "Host: x",
            *(f"{name}: {value}" for name, value in headers.items()),
            *more,
        ]
        head = "\r\n".join((*lines, f"Content-Length: {len(sent)}", "Connection: close", "", ""))
        return head.encode() + sent

    v3, at = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
    return {
        "no signature": (asks({v3: None}), 401),
        "an empty signature": (asks({v3: ""}), 401),
        "an older version": (asks({v3: None}, f"X-HubSpot-Signature: {signature}"), 401),
        "with an underscore": (asks({v3: None}, f"X_HubSpot_Signature_v3: {signature}"), 401),
        "twice": (asks({}, f"{v3}: {signature}"), 401),
        "a good one after a bad one": (asks({v3: "AAAA"}, f"{v3}: {signature}"), 401),
        "in small letters": (asks({v3: signature.lower()}), 401),
        "without padding": (asks({v3: signature.rstrip("=")}), 401),
        "with characters of another alphabet": (asks({v3: "é" + signature[1:]}), 401),
        "no timestamp": (asks({at: None}), 401),
        "an old timestamp": (asks({at: old}), 401),
        "a timestamp twice": (asks({}, f"{at}: {timestamp}"), 401),
        "a timestamp with a sign": (asks({at: f"+{timestamp}"}), 401),
        "a timestamp in seconds": (asks({at: timestamp[:-3]}), 401),
        "another body": (asks({}, sent=created(502)), 401),
        "a body with a space": (asks({}, sent=body + b" "), 401),
        "an encoded body": (asks({}, "Content-Encoding: gzip"), 415),
        "another type": (asks({"Content-Type": "text/plain"}), 415),
        "another address": (asks({}, line="POST /webhooks/hubspot/"), 404),
        "another method": (asks({}, line=f"PUT {DOOR}"), 405),
    }


@pytest.mark.parametrize("name", signature_attempts())
def test_a_delivery_that_is_not_signed_as_it_should_be_is_refused_and_not_kept(
    receiver: Receiver, redis_client: redis.Redis, keys: Keys, name: str
) -> None:
    sent, status = signature_attempts()[name]

    assert statuses(everything_answered(receiver, sent)) == [str(status).encode()]
    assert not redis_client.exists(keys.inbox)


@pytest.fixture(scope="module")
def receiver(redis_url: str) -> Iterator[Receiver]:
    with a_receiver(redis_url) as running:
        yield running


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_is_refused_and_ends_the_connection(receiver: Receiver, name: str) -> None:
    answer = everything_answered(receiver, ATTEMPTS[name] + HIDDEN)

    assert statuses(answer) == [b"400"]
    assert b"Traceback" not in answer


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused_and_ends_the_connection(receiver: Receiver, name: str) -> None:
    found = statuses(everything_answered(receiver, TOO_LARGE[name] + HIDDEN))

    # The answer is lost where the kernel hangs up over bytes that nobody has read.
    assert found in ([], [b"413"], [b"431"])


def test_the_receiver_is_well_afterwards(receiver: Receiver) -> None:
    assert receiver.post(created(501))[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:x\r\nX:\t a \t\r\n\r\n",
        b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 00005\r\n\r\nhello",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Under_Score: a\r\n\r\n",
    ],
)
def test_what_is_allowed_is_answered_and_so_is_what_follows(receiver: Receiver, sent: bytes) -> None:
    answer = everything_answered(
        receiver, sent + HIDDEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    )

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert len(statuses(answer)) == 2


def statuses(answer: bytes) -> list[bytes]:
    """The status of each response."""
    return re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", answer)


def everything_answered(receiver: Receiver, sent: bytes) -> bytes:
    """All bytes of the answer until the server hangs up; fails if it does not within ten seconds."""
    answer = b""
    with receiver.connection() as line, contextlib.suppress(ConnectionError):
        line.sendall(sent)
        while part := line.recv(65_536):
            answer += part
    return answer
