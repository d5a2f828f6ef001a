"""Crash points: places where a test may kill a process, to prove that no lead is lost there.

`LEAD_ROUTER_CRASH_AT=after_append` ends the process with SIGKILL when it first passes that point,
`after_append@3` on its third passage. Unset, a crash point does nothing.
"""

from __future__ import annotations

import itertools
import os
import signal

_POINT, _, _PASSAGE = os.environ.get("LEAD_ROUTER_CRASH_AT", "").partition("@")
_FATAL_PASSAGE = int(_PASSAGE or "1")
_passages = itertools.count(1)  # next() is one step for every thread


def crash_point(name: str) -> None:
    """Kill the process here, as in a power cut, if the environment asks for it."""
    if name == _POINT and next(_passages) == _FATAL_PASSAGE:
        os.kill(os.getpid(), signal.SIGKILL)
