"""Requests that two servers could read differently are refused: the head, as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from router.web.http.heads import HeadInvalid, strict_head

GOOD = b"POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
START = b"GET /%C3%A9?a=b HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("head", "read"),
    [
        (GOOD, GOOD),
        (b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"),
        (START + b"A: \t b c \r\nB:\r\n\r\n", START + b"A: b c\r\nB: \r\n\r\n"),
        (START + b"X: \xc3\xa9\r\n\r\n", START + b"X: \xc3\xa9\r\n\r\n"),
        (START + b"Transfer-Encoding:Chunked\r\n\r\n", START + b"Transfer-Encoding: Chunked\r\n\r\n"),
    ],
)
def test_a_good_head_is_read(head: bytes, read: bytes) -> None:
    assert strict_head(head) == read


@given(some.binary(max_size=60).filter(lambda noise: noise))
def test_noise_in_a_head_is_refused_or_changes_no_other_header(noise: bytes) -> None:
    head = (
        b"POST / HTTP/1.1\r\nHost: x\r\nX-A: "
        + noise.replace(b"\r\n\r\n", b"")
        + b"\r\nContent-Length: 5\r\n\r\n"
    )
    try:
        read = strict_head(head)
    except HeadInvalid:
        return
    names = [line.split(b":")[0] for line in read.split(b"\r\n")[1:-2]]
    assert names[0] == b"Host"
    assert names[-1] == b"Content-Length"
    assert not {b.lower() for b in names[1:-1]} & {b"content-length", b"transfer-encoding", b"host"}
