"""The clock: what needs the time is handed one, and the real one stands here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment in aware UTC. Tests have one that starts on a Tuesday morning."""


def real_clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
