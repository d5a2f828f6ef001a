"""Chunks are read strictly, whatever pieces they come in."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as some

from router.web.http.chunks import FREE_CHUNKS, ChunkedBody


class Buffer(BytesIO):
    """A buffer as Waitress's, as far as chunks need one."""

    append = BytesIO.write

    def __len__(self) -> int:
        return len(self.getvalue())


def read(*pieces: bytes) -> tuple[bytes | str | None, bytes]:
    """The body, the sentence that refuses it, or None while more must come; and the bytes after it."""
    buffer = Buffer()
    body = ChunkedBody(buffer)
    rest = b""
    for piece in pieces:
        taken = body.received(piece)
        rest += piece[taken:]
    if body.error is not None:
        return str(body.error.body), rest
    return (buffer.getvalue() if body.completed else None), rest


@pytest.mark.parametrize(
    ("sent", "body", "rest"),
    [
        (b"0\r\n\r\n", b"", b""),
        (b"5\r\nhello\r\n0\r\n\r\nGET /", b"hello", b"GET /"),
        (b'5;a=b;c="d"\r\nhello\r\n00\r\n\r\n', b"hello", b""),
        (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nnext", b"0123456789" * 2, b"next"),
        (b"5\r\nhel", None, b""),
        (b"5\r\nhello\r\n0\r\n", None, b""),
    ],
)
def test_good_chunks_are_read(sent: bytes, body: bytes | None, rest: bytes) -> None:
    assert read(sent) == (body, rest)
    pieces = [sent[at : at + 1] for at in range(len(sent))]
    assert read(*pieces) == (body, rest)


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n\r\n0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r\n0\n\n",
        b"5;\n\r\nhello\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"5_0\r\nhello\r\n0\r\n\r\n",
        b"\xc2\xb95\r\nhello\r\n0\r\n\r\n",
        b"100000005\r\nhello\r\n0\r\n\r\n",
        b";a=b\r\nhello\r\n0\r\n\r\n",
        b"0" * 300 + b"5\r\nhello\r\n0\r\n\r\n",
        b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n",
        b"0\r\n" + b"X: y\r\n" * 17 + b"\r\n",
        b"1\r\nx\r\n" * (FREE_CHUNKS + 1) + b"0\r\n\r\n",
    ],
)
def test_bad_chunks_are_refused_in_a_sentence(sent: bytes) -> None:
    pieces = [sent[at : at + 1] for at in range(len(sent))]

    assert isinstance(read(sent)[0], str)
    assert isinstance(read(*pieces)[0], str)


@given(
    some.lists(some.binary(min_size=1, max_size=300), max_size=20),
    some.lists(some.integers(1, 50), max_size=200),
)
def test_a_body_comes_out_as_it_was_put_in(parts: list[bytes], cuts: list[int]) -> None:
    sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(sent[at : at + cut])
        at += cut

    assert read(*pieces, sent[at:]) == (b"".join(parts), b"")
