"""The time slice of the work that runs now: long work ends with it, and goes on in its next one.

Housekeeping has one process for many jobs. Each job gets a slice of `deadlines.TURN`, then it is the turn of
the others. A loop asks `is_over` between two steps and stores where it stopped; a call to HubSpot waits for
the call budget no longer than the slice lasts. Outside a slice, as in a command, nothing is ever over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ends_at: Final[ContextVar[float | None]] = ContextVar("ends_at", default=None)
"""Monotonic seconds; None outside a slice."""


@contextmanager
def time_slice(seconds: float) -> Iterator[None]:
    """Give the work inside this many seconds. Threads that it starts are outside."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def is_over() -> bool:
    """True once the present slice has ended; never outside a slice."""
    ends_at = _ends_at.get()
    return ends_at is not None and time.monotonic() >= ends_at


def left_s(most: float) -> float:
    """Seconds left of the present slice, from 0 to `most`; `most` outside a slice."""
    ends_at = _ends_at.get()
    return most if ends_at is None else min(most, max(0.0, ends_at - time.monotonic()))
