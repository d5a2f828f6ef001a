"""Words to standard error from a process that has no log yet, and tracebacks: safe for any terminal."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from router.security.hidden import hidden
from router.security.visible import visible


def complain(text: object) -> None:
    """Write a sentence to standard error, without secrets and with control characters written out."""
    sys.stderr.write(f"{safe(str(text))}\n")


def safe(text: str) -> str:
    """The text as an error may be shown: without secrets, with control characters written out."""
    return visible(hidden.without(text))


def guard_tracebacks() -> None:
    """From now on, the traceback of a bug is written by `complain`: texts of strangers may be in it."""
    sys.excepthook = _complain_of
    threading.excepthook = lambda bug: _complain_of(bug.exc_type, bug.exc_value, bug.exc_traceback)


def _complain_of(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, SystemExit):
        complain("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))
