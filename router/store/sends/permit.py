"""The permit to write that renewed claims give, for a limited time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from router.deadlines import CALL, LEASE


class Permit:
    """The time within which claims that were just renewed cannot have been taken over.

    It looks at the wall clock and at a clock that a stopped process does not stop: a machine that was
    suspended may show it on either of them only.
    """

    def __init__(self, clock_now: datetime, *, lease: timedelta = LEASE) -> None:
        self._began = clock_now
        self._began_s = _since_boot_s()
        self._lease = lease

    def may_send(self, now: datetime) -> bool:
        """True if a call that starts at `now` ends before the claims can be taken over."""
        return self._age(now) < self._lease - CALL

    def holds(self, now: datetime) -> bool:
        """True if the claims cannot have been taken over before `now`."""
        return self._age(now) < self._lease

    def _age(self, now: datetime) -> timedelta:
        return max(abs(now - self._began), timedelta(seconds=_since_boot_s() - self._began_s))


def _since_boot_s() -> float:
    """Seconds of a clock that goes on while the process is stopped, and where possible the machine."""
    boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(boot)
