"""The head of a request (request line and headers), refused where two servers could read it differently.

A proxy and we must agree where a request ends, or a stranger's request hides inside another one (request
smuggling). So everything that RFC 9112 forbids or advises against is refused, in time linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

VERSIONS: Final = frozenset({b"HTTP/1.0", b"HTTP/1.1"})
MOST_HEADERS: Final = 100
_METHOD: Final = re.compile(rb"[A-Z]{1,20}")
_TARGET: Final = re.compile(rb"[!-~\x80-\xff]+")
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(rb"[\t -~\x80-\xff]*")
_DIGITS: Final = re.compile(rb"[0-9]{1,15}")
_ONCE: Final = frozenset({b"content-length", b"transfer-encoding", b"host", b"content-type", b"expect"})


class HeadInvalid(Exception):
    """The head is refused; the message is one sentence for the client."""


def strict_head(head: bytes) -> bytes:
    """The head as Waitress's own parser reads it without backtracking; raises `HeadInvalid`.

    `head` ends with an empty line. Each header comes back as `name: value`, without white space around.
    """
    request, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    version = _version(request)
    if len(lines) > MOST_HEADERS:
        raise HeadInvalid(f"There are more than {MOST_HEADERS} headers.")
    headers = [_header(line) for line in lines]
    _check_length(version, headers)
    return b"\r\n".join((request, *(b": ".join(header) for header in headers), b"", b""))


def _version(request: bytes) -> bytes:
    parts = request.split(b" ")
    if len(parts) != 3 or not _METHOD.fullmatch(parts[0]) or not _TARGET.fullmatch(parts[1]):
        raise HeadInvalid("The request line is not METHOD TARGET VERSION.")
    if parts[2] not in VERSIONS:
        raise HeadInvalid("The version is neither HTTP/1.0 nor HTTP/1.1.")
    return parts[2]


def _header(line: bytes) -> tuple[bytes, bytes]:
    """Name and value of a header line. A line that continues the one before it has no valid name."""
    name, colon, value = line.partition(b":")
    value = value.strip(b" \t")
    if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise HeadInvalid("A header is not NAME: VALUE on one line.")
    return name, value


def _check_length(version: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise unless the end of the body is beyond doubt, and its host is one."""
    # Some servers take an underscore for a dash.
    seen: dict[bytes, bytes] = {}
    for name, value in headers:
        key = name.lower().replace(b"_", b"-")
        if key in _ONCE and (key in seen or b"_" in name):
            raise HeadInvalid(f"The header {key.decode()} may stand there only once, and with a dash.")
        seen[key] = value
    length, encoding = seen.get(b"content-length"), seen.get(b"transfer-encoding")
    if length is not None and encoding is not None:
        raise HeadInvalid("Content-Length and Transfer-Encoding exclude each other.")
    if length is not None and not _DIGITS.fullmatch(length):
        raise HeadInvalid("Content-Length is no number.")
    if encoding is not None and (version == b"HTTP/1.0" or encoding.lower() != b"chunked"):
        raise HeadInvalid("The only Transfer-Encoding is chunked, with HTTP/1.1.")
    if version == b"HTTP/1.1" and not seen.get(b"host"):
        raise HeadInvalid("HTTP/1.1 needs a Host.")
