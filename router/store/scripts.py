"""The Lua scripts: loading them, and running the receiver's own one on a connection per thread.

Measured with `python -m bench.receiver_tricks kept_script` (100 events, medians of 25 pairs): without it a
delivery takes 1.12 times the CPU at full load, 1.09 times at 50 POST/s; p50 1.02 and 1.10 times.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import redis

from router.store import lead_fields

SHARED: Final = {
    "look_soon(": "sends/look_soon",
    "hash_of(": "leads/book_fields",
    "add_to_book(": "leads/book_fields",
}
"""The functions that several scripts call, and the file that defines each."""


def script(client: redis.Redis, name: str) -> Any:
    """The script in `<name>.lua`, a path below this folder, ready to be called on `client`."""
    return client.register_script(text_of(name))


class KeptScript:
    """The script in `<name>.lua`, run by each thread on a connection that it keeps.

    It bypasses the client's pool and its bookkeeping, which take longer than the rest of a call here. What
    the client promises holds: its timeouts, its retries, and reopening a broken connection.
    """

    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client = client
        self._text = text_of(name)
        self._digest = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()
        self._kept = threading.local()

    def __call__(self, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """Run the script and return its answer. Raises `redis.RedisError`."""
        connection = self._connection()
        return connection.retry.call_with_retry(
            lambda: self._run(connection, keys, args), lambda _error: connection.disconnect()
        )

    def _run(self, connection: Any, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        connection.send_command("EVALSHA", self._digest, len(keys), *keys, *args)
        try:
            return connection.read_response()
        except redis.exceptions.NoScriptError:  # Redis is new, or was emptied of scripts
            connection.send_command("EVAL", self._text, len(keys), *keys, *args)
            return connection.read_response()

    def _connection(self) -> Any:
        # Any, because redis-py has no types for its connections.
        found = getattr(self._kept, "connection", None)
        if found is None:
            # Not one of the pool's, which would keep it for ever: it is closed when its thread ends.
            pool = self._client.connection_pool
            found = self._kept.connection = pool.connection_class(**pool.connection_kwargs)
        return found


def text_of(name: str) -> str:
    """The Lua of `<name>.lua`; scripts call the fields of a lead's hash F.STATE, F.OWNER, …

    A script that calls a function of `SHARED` gets the file that defines it.
    """
    text = _text(name)
    shared = {file: None for call, file in SHARED.items() if call in text}
    return FIELDS + "".join(map(_text, shared)) + text


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.lua").read_text()


def _fields_in_lua() -> str:
    fields = {name: value for name, value in vars(lead_fields).items() if name.isupper()}
    return "local F = { " + ", ".join(f"{name} = '{value}'" for name, value in fields.items()) + " }\n"


FIELDS: Final = _fields_in_lua()
"""The names of `lead_fields`, as the first line of every script."""
