"""The call budget: whether a HubSpot call may go out now, and how long it has to wait otherwise.

All hosts share the windows of one portal. Redis is the clock, every window is checked before any is charged,
and one failure signal (a 429, an open circuit) holds back every process. When Redis cannot be reached its
error passes through: no budget means no call, never unlimited calls.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Final, Literal, cast
from zoneinfo import ZoneInfo

import orjson
import redis
from msgspec import Struct

from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import epoch_ms, from_epoch_ms, in_ms

Priority = Literal["lead", "verify", "sweep"]
Verdict = Literal["granted", "probe", "paused", "trial", "ten_seconds", "search", "day"]

WINDOW_MS: Final = 10_000
SAFETY: Final = 0.95
"""Share of HubSpot's ten seconds that we use: its clock and ours disagree about where a second ends."""

SEARCH_SAFETY: Final = 0.8
SHARE_OF_WINDOW: Final[Mapping[Priority, int]] = {"lead": 100, "verify": 80, "sweep": 60}
"""Percent of the window that may be full before a priority waits: new leads always find room."""

SHARE_OF_DAY: Final[Mapping[Priority, int]] = {"lead": 100, "verify": 80, "sweep": 80}
CIRCUIT_FAILURES: Final = 5
CIRCUIT_WINDOW_MS: Final = 10_000
CIRCUIT_OPEN: Final = timedelta(seconds=15)
PROBE_LEASE_MS: Final = 16_000
"""Milliseconds, a little more than the deadline of a call; then another call replaces a probe that died."""

TRIAL_WAIT_S: Final = 0.25
"""Longest wait in seconds before a process checks again how another process's probe ended."""

OBSERVE_EVERY: Final = timedelta(seconds=5)


class Charge(Struct, frozen=True):
    """The budget's answer to one call. `wait_s` is 0 when the call may go out."""

    verdict: Verdict
    wait_s: float
    reason: str

    @property
    def granted(self) -> bool:
        """True when the call is paid for and must go out now."""
        return self.verdict in ("granted", "probe")


class Pause(Struct, frozen=True):
    """Reason, beginning and end of a pause of all HubSpot calls; times are aware UTC."""

    reason: str
    since: datetime
    until: datetime


class CallBudget:
    """The calls of one portal, shared by all its workers. The client must decode responses.

    `calls_per_10s`, `searches_per_s` and `calls_per_day` are HubSpot's published limits for the
    account; `timezone` is the account's, whose midnight renews the day. `now` replaces the clock
    of Redis in tests.
    """

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        *,
        calls_per_10s: int = 190,
        searches_per_s: int = 5,
        calls_per_day: int = 625_000,
        timezone: ZoneInfo | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        if not client.get_encoder().decode_responses:
            raise ValueError("The call budget needs a Redis client with decode_responses=True.")
        self._redis = client
        self._keys = keys
        self._calls = max(1, int(calls_per_10s * SAFETY))
        self._searches = max(1, int(searches_per_s * SEARCH_SAFETY))
        self._calls_per_day = calls_per_day
        self._timezone = timezone or ZoneInfo("UTC")
        self._now = now
        self._name = uuid.uuid4().hex[:12]
        self._numbers = itertools.count()
        self._observed: tuple[tuple[str, ...], datetime] | None = None
        self._charge = script(client, "budget/budget_charge")
        self._hold = script(client, "budget/budget_pause")
        self._believe = script(client, "budget/budget_observe")

    def charge(self, priority: Priority = "lead", *, search: bool = False) -> Charge:
        """Pay for one call before it goes out, or return how long to wait; a refusal charges nothing.

        Raises `redis.RedisError` if Redis cannot be reached.
        """
        verdict, wait_ms, reason = cast(
            tuple[Verdict, int, str],
            self._charge(
                keys=[
                    self._keys.calls,
                    self._keys.searches,
                    self._keys.calls_of_day(self._today()),
                    self._keys.pause,
                    self._keys.trial,
                    self._keys.limits,
                ],
                args=[
                    self._member(),
                    "search" if search else "call",
                    SHARE_OF_WINDOW[priority],
                    self._calls,
                    self._searches,
                    self._calls_per_day,
                    in_ms(self.until_midnight()),
                    PROBE_LEASE_MS,
                    SHARE_OF_DAY[priority],
                    self._override(),
                ],
            ),
        )
        wait_s = wait_ms / 1000
        return Charge(verdict, min(wait_s, TRIAL_WAIT_S) if verdict == "trial" else wait_s, reason)

    def pause(self, reason: str, duration: timedelta, *, then_probe: bool = False) -> None:
        """Hold back every call of the portal; a longer pause that is in force stays.

        With `then_probe` a single call goes out afterwards, and the rest follow when it succeeded.
        """
        self._hold_back(reason, duration, then_probe=then_probe, failure="")

    def failed(self, reason: str = "HubSpot does not answer") -> bool:
        """Count a call that HubSpot failed; True when this opens the circuit (5 in 10 s: 15 s of pause)."""
        return self._hold_back(reason, CIRCUIT_OPEN, then_probe=True, failure=self._member())

    def succeeded(self) -> None:
        """End the trial: the probe succeeded, so every process may call again."""
        self._redis.delete(self._keys.trial, self._keys.failures)

    def resume(self) -> None:
        """Lift any pause at once, on a person's order."""
        self._redis.delete(self._keys.pause, self._keys.trial, self._keys.failures)

    def paused(self) -> Pause | None:
        """The pause in force, or None."""
        words = self._redis.get(self._keys.pause)
        if words is None:
            return None
        facts = orjson.loads(cast(str, words))
        until = from_epoch_ms(facts["until_ms"])
        if self._now is not None and until <= self._now():
            return None
        return Pause(reason=facts["reason"], since=from_epoch_ms(facts["since_ms"]), until=until)

    def tightness(self) -> float:
        """Used part of the ten-second window, from 0 (idle) to 1 (full); the drain lingers only when it is
        high.
        """
        now_ms = self._override()
        if now_ms == "":
            seconds, micros = self._redis.time()
            now_ms = seconds * 1000 + micros // 1000
        used = self._redis.zcount(self._keys.calls, int(now_ms) - WINDOW_MS, "+inf")
        seen = cast(str | None, self._redis.hget(self._keys.limits, "calls_per_10s"))
        limit = min(self._calls, int(seen)) if seen else self._calls
        return min(1.0, used / limit)

    def observed(self, headers: Mapping[str, str]) -> None:
        """Learn the portal's limits from an answer's X-HubSpot-RateLimit headers; never enlarges ours."""
        facts = tuple(
            headers.get(f"X-HubSpot-RateLimit-{name}", "")
            for name in ("Max", "Interval-Milliseconds", "Daily", "Daily-Remaining")
        )
        most, interval_ms, daily, remaining = (int(text) if text.isdecimal() else 0 for text in facts)
        if not most and not daily:
            return
        now = self._clock()
        if self._observed and self._observed[0][:3] == facts[:3] and now - self._observed[1] < OBSERVE_EVERY:
            return
        self._observed = (facts, now)
        ten_seconds = max(1, int(most * SAFETY)) if most and interval_ms == WINDOW_MS else ""
        used = max(0, daily - remaining) if daily and facts[3].isdecimal() else ""
        self._believe(
            keys=[self._keys.limits, self._keys.calls_of_day(self._today())],
            args=[ten_seconds, daily or "", used],
        )

    def until_midnight(self) -> timedelta:
        """Time until midnight in the account's time zone, when its daily quota is renewed."""
        here = self._clock().astimezone(self._timezone)
        tomorrow = datetime.combine(here.date() + timedelta(days=1), clock_time(), tzinfo=self._timezone)
        return tomorrow.astimezone(UTC) - here.astimezone(UTC)

    def _hold_back(self, reason: str, duration: timedelta, *, then_probe: bool, failure: str) -> bool:
        held = self._hold(
            keys=[self._keys.pause, self._keys.trial, self._keys.failures],
            args=[
                reason,
                max(1, in_ms(duration)),
                "1" if then_probe else "0",
                failure,
                CIRCUIT_FAILURES,
                CIRCUIT_WINDOW_MS,
                self._override(),
            ],
        )
        return bool(held)

    def _member(self) -> str:
        return f"{self._name}:{next(self._numbers)}"

    def _clock(self) -> datetime:
        return self._now() if self._now is not None else datetime.now(UTC)

    def _override(self) -> int | str:
        return epoch_ms(self._now()) if self._now is not None else ""

    def _today(self) -> str:
        return self._clock().astimezone(self._timezone).date().isoformat()
