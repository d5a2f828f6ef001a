"""Transactions that the database ended because of another one: they are simply run again."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random

TRIES: Final = 8
"""Tries of one transaction before its conflict is an error."""
_CONFLICTS: Final = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock; then nothing of the transaction was stored.
https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
"""


def is_conflict(error: BaseException) -> bool:
    """True if PostgreSQL ended the transaction so that another one could go on."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _CONFLICTS


again_after_a_conflict: Final = retry(
    retry=retry_if_exception(is_conflict),
    wait=wait_random(0.005, 0.1),
    stop=stop_after_attempt(TRIES),
    reraise=True,
)
"""Decorator of a function that runs one transaction, and may be called again after some milliseconds."""
