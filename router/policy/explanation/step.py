"""One step of an explanation."""

from __future__ import annotations

from msgspec import Struct


class Step(Struct, frozen=True):
    """One step of an explanation: a title, and its lines in order."""

    title: str
    lines: tuple[str, ...] = ()
