"""Transactions that the database ended because of another one: they are simply run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

Result = TypeVar("Result")

TRIES: Final = 8
"""Tries of one transaction before its conflict is an error."""
_CONFLICTS: Final = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock; then nothing of the transaction was stored.
https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
"""


def is_conflict(error: BaseException) -> bool:
    """True if PostgreSQL ended the transaction so that another one could go on."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _CONFLICTS


_RETRYING: Final = Retrying(
    retry=retry_if_exception(is_conflict),
    wait=wait_random(0.005, 0.1),
    stop=stop_after_attempt(TRIES),
    reraise=True,
)


def again_after_a_conflict(transaction: Callable[[], Result]) -> Result:
    """Run one transaction, and again after some milliseconds if another one came in its way; its result.

    No decorator: a decorated function refers to itself, and would keep the rows of its transaction in memory
    until the garbage collector comes, thousands of leads later.
    """
    return _RETRYING(transaction)
