"""HubSpot's rate limits: rolling windows of ten seconds and of one second, and the day."""

import threading
import time
from collections import deque
from datetime import datetime
from zoneinfo import ZoneInfo

from router.sandbox.http.errors import daily_limit, search_limit, ten_secondly_limit
from router.sandbox.settings import Settings


class Limits:
    """Counts calls as HubSpot does: searches have their own window and no headers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._day = ""
        self._today = 0

    def admit(self, settings: Settings, *, search: bool) -> dict[str, str]:
        """Count the call; returns the rate-limit headers of its answer, or raises Refused with a 429."""
        now = time.monotonic()
        with self._lock:
            self._start_day(settings.time_zone)
            headers = {} if search else self._headers(settings, now=now)
            if settings.calls_per_day and self._today >= settings.calls_per_day:
                raise daily_limit(headers)
            if search:
                if _is_full(self._searches, settings.searches_per_s, span_s=1.0, now=now):
                    raise search_limit()
                self._searches.append(now)
            else:
                if _is_full(self._calls, settings.calls_per_10s, span_s=10.0, now=now):
                    raise ten_secondly_limit(headers)
                self._calls.append(now)
            self._today += 1
            return {} if search else self._headers(settings, now=now)

    def forget(self) -> None:
        """Empty every window, as if no call had come."""
        with self._lock:
            self._calls.clear()
            self._searches.clear()
            self._today = 0

    def _start_day(self, time_zone: str) -> None:
        # The daily limit resets at midnight in the time zone of the account.
        day = datetime.now(ZoneInfo(time_zone)).date().isoformat()
        if day != self._day:
            self._day, self._today = day, 0

    def _headers(self, settings: Settings, *, now: float) -> dict[str, str]:
        headers: dict[str, str] = {}
        if settings.calls_per_day:
            headers["X-HubSpot-RateLimit-Daily"] = str(settings.calls_per_day)
            left = max(0, settings.calls_per_day - self._today)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(left)
        if settings.calls_per_10s:
            _is_full(self._calls, settings.calls_per_10s, span_s=10.0, now=now)
            headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
            headers["X-HubSpot-RateLimit-Max"] = str(settings.calls_per_10s)
            left = max(0, settings.calls_per_10s - len(self._calls))
            headers["X-HubSpot-RateLimit-Remaining"] = str(left)
        return headers


def _is_full(window: deque[float], limit: int, *, span_s: float, now: float) -> bool:
    while window and window[0] <= now - span_s:
        window.popleft()
    return bool(limit) and len(window) >= limit
