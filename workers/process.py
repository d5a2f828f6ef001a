"""The contexts of this process by portal, where RQ jobs find their services, and its stop flag."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from router.bootstrap import ProcessContext


class WrongPortal(Exception):
    """A job of a portal that this process does not serve."""


@dataclass(slots=True)
class _Process:
    contexts: dict[str, ProcessContext] = field(default_factory=dict)
    """By portal."""
    stopping: threading.Event = field(default_factory=threading.Event)


_process = _Process()


def serve(context: ProcessContext) -> None:
    """Let jobs of the context's portal run in this process."""
    _process.contexts[context.services.portal] = context


def context_of(portal: str) -> ProcessContext:
    """The context of a portal that this process serves. Raises `WrongPortal` for any other."""
    try:
        return _process.contexts[portal]
    except KeyError:
        served = ", ".join(_process.contexts) or "no portal; start it with `python -m workers`"
        raise WrongPortal(f"This process serves {served}; the job is for portal {portal}.") from None


def stop() -> None:
    """Ask the work of this process to end after its present batch."""
    _process.stopping.set()


def stopping() -> bool:
    """True once this process was asked to end."""
    return _process.stopping.is_set()


def pause_s(seconds: float) -> bool:
    """Wait; True if the process was asked to end meanwhile."""
    return _process.stopping.wait(seconds)
