"""How far this process's clock is from HubSpot's, by the `Date` of its answers. One guard per portal.

HubSpot dates what people do, and we date what we decide; far apart, a person's choice looks older than our
write, or younger. So nothing is taken from the inbox by a clock that is certainly too far off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from msgspec import Struct

from router.clock import Clock, real_clock
from router.hubspot.api.client import CallMade

Verdict = Literal["unknown", "fine", "off", "far off"]

OFF: Final = timedelta(seconds=30)
"""Certain difference above which a person is warned."""
FAR_OFF: Final = timedelta(minutes=2)
"""Certain difference above which nothing is taken from the inbox."""
KNOWN_FOR_S: Final = 300.0
"""A measurement older than this (seconds) says nothing any more."""
_ROUNDED_S: Final = 0.5
"""A `Date` is cut to whole seconds, so the true moment is half a second later, give or take as much."""


class ClockReading(Struct, frozen=True):
    """Our clock against HubSpot's. `ahead_s` is negative where ours is behind; None is unknown.

    `uncertain_s` is the largest error of it: half of the call's time, and the rounding of `Date`.
    """

    verdict: Verdict
    ahead_s: float | None = None
    uncertain_s: float = 0.0
    age_s: float | None = None
    """Seconds since the measurement."""


def seconds_since_boot() -> float:
    """Seconds that no setting of the clock changes; they count a suspended machine's time where possible."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class ClockGuard:
    """Measures with every answer of HubSpot, and notices at once when the clock is set meanwhile."""

    def __init__(
        self, clock: Clock = real_clock, *, elapsed_s: Callable[[], float] = seconds_since_boot
    ) -> None:
        self._clock = clock
        self._elapsed_s = elapsed_s
        self._lock = threading.Lock()
        self._measured: tuple[float, float, datetime, float] | None = None
        """Seconds ahead, uncertainty, and when that was by our clock and by the seconds that pass."""

    def note(self, call: CallMade) -> None:
        """Measure by a call that has just ended; an answer without a usable date measures nothing."""
        try:
            date = parsedate_to_datetime(call.date)
        except ValueError:
            return
        now = self._clock()
        theirs = (date if date.tzinfo else date.replace(tzinfo=UTC)) + timedelta(seconds=_ROUNDED_S)
        ahead_s = (now - timedelta(seconds=call.took_s / 2) - theirs).total_seconds()
        with self._lock:
            self._measured = (ahead_s, call.took_s / 2 + _ROUNDED_S, now, self._elapsed_s())

    def read(self) -> ClockReading:
        """The difference now: as it was measured, and as far as the clock was set since."""
        with self._lock:
            measured = self._measured
        if measured is None:
            return ClockReading("unknown")
        ahead_s, uncertain_s, at, elapsed_s = measured
        age_s = self._elapsed_s() - elapsed_s
        if not 0 <= age_s <= KNOWN_FOR_S:
            return ClockReading("unknown", age_s=age_s)
        ahead_s += (self._clock() - at).total_seconds() - age_s
        certain = timedelta(seconds=max(0.0, abs(ahead_s) - uncertain_s))
        verdict: Verdict = "far off" if certain > FAR_OFF else "off" if certain > OFF else "fine"
        return ClockReading(verdict, round(ahead_s, 1), round(uncertain_s, 1), round(age_s, 1))

    def may_take(self) -> bool:
        """False while the clock is certainly more than two minutes off; True where nothing is known."""
        return self.read().verdict != "far off"
