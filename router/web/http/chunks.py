"""The body of a request that comes in chunks: strict, and in time linear in its length."""

from __future__ import annotations

import re
from typing import Any, Final

from waitress.utilities import BadRequest

LONGEST_LINE: Final = 256
"""Bytes of a line with a chunk's size, or of a trailer; a size needs eight."""
MOST_TRAILERS: Final = 16
SMALLEST_CHUNK: Final = 64
"""Average size in bytes below which a long body is refused: it costs more to read than to send."""
FREE_CHUNKS: Final = 256
"""Chunks of any size that a body may have."""
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[\t -~\x80-\xff]*)?")


class ChunkedBody:
    """A receiver of chunks, as Waitress's parser uses one; `buffer` gets the body.

    `completed` after the last trailer; `error` is set at the first byte that RFC 9112 does not allow.
    """

    def __init__(self, buffer: Any) -> None:
        self.completed = False
        self.error: BadRequest | None = None
        self._buffer = buffer
        self._left = 0
        self._line = b""
        self._read = self._size
        self._chunks = self._bytes = self._trailers = 0

    def received(self, data: bytes) -> int:
        """Take as many of the bytes as belong to the body; their number."""
        at = 0
        while at < len(data) and not self.completed and self.error is None:
            if self._left:
                part = data[at : at + self._left]
                self._buffer.append(part)
                self._left -= len(part)
                at += len(part)
                continue
            end = data.find(b"\n", at, at + LONGEST_LINE) + 1 or min(len(data), at + LONGEST_LINE)
            self._line += data[at:end]
            at = end
            if len(self._line) > LONGEST_LINE:
                self._refuse("A line between chunks is too long.")
            elif self._line.endswith(b"\n"):
                line, self._line = self._line, b""
                self._step(line)
        return at

    def __len__(self) -> int:
        return len(self._buffer)

    def getfile(self) -> Any:
        """The body as a file."""
        return self._buffer.getfile()

    def getbuf(self) -> Any:
        """The buffer that holds the body."""
        return self._buffer

    def _step(self, line: bytes) -> None:
        if line.endswith(b"\r\n"):
            self._read(line[:-2])
        else:
            self._refuse("A line between chunks does not end with CR LF.")

    def _size(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            self._refuse("The size of a chunk is no hexadecimal number.")
            return
        self._left = int(found[1], 16)
        self._bytes += self._left
        self._chunks += 1
        self._read = self._end if self._left else self._trailer
        if self._chunks > FREE_CHUNKS and self._bytes < self._chunks * SMALLEST_CHUNK:
            self._refuse("The chunks are too small.")

    def _end(self, line: bytes) -> None:
        self._read = self._size
        if line:
            self._refuse("A chunk is longer than its size.")

    def _trailer(self, line: bytes) -> None:
        """A trailer is read and forgotten; an empty line ends the body."""
        self.completed = not line
        self._trailers += 1
        if self._trailers > MOST_TRAILERS:
            self._refuse("There are too many trailers.")

    def _refuse(self, sentence: str) -> None:
        self.error = BadRequest(sentence)
