"""The one office of this process: RQ calls jobs by name, and jobs find their tools here."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from router.bootstrap import Office


@dataclass(slots=True)
class _Process:
    office: Office | None = None
    stopping: threading.Event = field(default_factory=threading.Event)


_process = _Process()


def open_here(office: Office) -> None:
    """This process works with `office`."""
    _process.office = office


def here() -> Office:
    """The office of this process. Raises `LookupError` outside of `python -m workers`."""
    if _process.office is None:
        raise LookupError("Jobs run in `python -m workers worker` or `night`, which open the office first.")
    return _process.office


def stop() -> None:
    """Ask whatever runs here to end after the batch it is at."""
    _process.stopping.set()


def stopping() -> bool:
    """True once this process was asked to end."""
    return _process.stopping.is_set()


def pause_s(seconds: float) -> bool:
    """Wait; True if the process was asked to end meanwhile."""
    return _process.stopping.wait(seconds)
