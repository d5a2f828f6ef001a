"""What must never be shown of a secret: its spellings and its parts, and taking them out of a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlsplit

if TYPE_CHECKING:
    from pydantic import SecretStr

HIDDEN: Final = "**********"
SHORTEST_PART: Final = 5
"""Characters: a shorter part of a password may be a word of any sentence."""
SHORTEST_SEGMENT: Final = 16
"""Characters of a part of a webhook's path that is a key and not a word of the address."""
_SEPARATORS: Final = re.compile(r"[/@:?#&]")
_PASSWORDS: Final = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)


class Hidden:
    """The secrets of this process, and how each may be written."""

    def __init__(self) -> None:
        self._spellings: tuple[str, ...] = ()

    def set(self, secrets: Iterable[SecretStr]) -> None:
        """Hide these from now on, in every spelling, and nothing else."""
        found = {one for secret in secrets for one in spellings(secret.get_secret_value())}
        self._spellings = tuple(sorted(found, key=len, reverse=True))

    def without(self, text: str) -> str:
        """The text with every secret in it replaced by asterisks."""
        for secret in self._spellings:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text


hidden: Final = Hidden()
"""Set once per process from its settings (`set_up_logging`), read by everything that writes to a person."""


def spellings(secret: str) -> set[str]:
    """The secret raw, decoded, percent-encoded, in JSON and in Python."""
    plain = {secret, unquote(secret), unquote_plus(secret)}
    written = {
        form
        for one in plain
        for form in (quote(one, safe=""), quote(one), json.dumps(one)[1:-1], repr(one)[1:-1])
    }
    return (plain | written) - {""}


def passwords_in(url: str) -> Iterator[str]:
    """Every password in an address: before the last @, or as a parameter; then its parts between / @ : ? #.

    A library that reads a wrong address takes one part of the password for a host or a port, and names it.
    """
    _, _, rest = url.partition("://")
    found = [rest.rpartition("@")[0].partition(":")[2]] if "@" in rest else []
    found += [value for name, value in parse_qsl(rest.partition("?")[2]) if _PASSWORDS.search(name)]
    for password in filter(None, found):
        yield password
        for written in (password, unquote(password)):
            parts = _SEPARATORS.split(written)
            yield from (part for part in parts if len(part) >= SHORTEST_PART and part != password)


def keys_in(url: str) -> Iterator[str]:
    """What opens a webhook: the whole address, its path, and the long parts of its path and parameters."""
    parts = urlsplit(url)
    yield url
    yield from passwords_in(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if len(path) >= SHORTEST_SEGMENT:
        yield path
    values = (*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query)))
    yield from (value for value in values if len(value) >= SHORTEST_SEGMENT)
