"""The journal of API calls: every call counted, every write kept, for a test to check."""

import threading
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Write(Struct, frozen=True):
    """One record changed by the API: the values asked for, and those replaced."""

    id: str
    kind: str
    at_ms: float
    properties: Mapping[str, str]
    owner_before: str | None
    changed: int

    def shown(self) -> dict[str, Any]:
        """The write as `GET /sandbox/writes` answers it; `owner` is null when the owner was not written."""
        return {
            "id": self.id,
            "kind": self.kind,
            "at_ms": self.at_ms,
            "owner": self.properties.get("hubspot_owner_id"),
            "owner_before": self.owner_before,
            "changed": self.changed,
            "properties": self.properties,
        }


class KeptCall(Struct, frozen=True):
    """One API call, kept while `keep_calls` is set: the owners asked for, and those answered, by id."""

    operation: str
    ids: tuple[str, ...]
    at_ms: float
    answered_ms: float
    outcome: str
    fault: str | None
    asked: Mapping[str, str]
    answered: Mapping[str, str]

    def shown(self, record: str) -> dict[str, Any]:
        """The call as `GET /sandbox/calls?of=…` answers it for one of its records."""
        return {
            "operation": self.operation,
            "at_ms": self.at_ms,
            "answered_ms": self.answered_ms,
            "outcome": self.outcome,
            "fault": self.fault,
            "asked": self.asked.get(record),
            "answered": self.answered.get(record),
        }


class Journal:
    """Counters and lists that only grow, until the portal is reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._calls_at = array("d")
        self._searches_at = array("d")
        self.writes: list[Write] = []
        self.calls: list[KeptCall] = []

    def of(self, record: str) -> dict[str, Any]:
        """The kept calls that named this record, in the order of their answers."""
        return {"calls": [call.shown(record) for call in list(self.calls) if record in call.ids]}

    def count(self, endpoint: str, outcome: str, *, at_s: float) -> None:
        """Count a call by its endpoint and its result: a status, or how the connection broke."""
        with self._lock:
            self._counts[endpoint, outcome] += 1
            if outcome != "429":
                (self._searches_at if endpoint.endswith("/search") else self._calls_at).append(at_s)

    def summary(self) -> dict[str, Any]:
        """Calls by endpoint and outcome, and the busiest windows of calls that were not refused by a 429."""
        with self._lock:
            endpoints: dict[str, dict[str, int]] = {}
            for (endpoint, outcome), times in sorted(self._counts.items()):
                endpoints.setdefault(endpoint, {})[outcome] = times
            return {
                "total": self._counts.total(),
                "endpoints": endpoints,
                "busiest_10s": busiest(sorted(self._calls_at), span_s=10.0),
                "busiest_search_1s": busiest(sorted(self._searches_at), span_s=1.0),
                "writes": len(self.writes),
            }

    def forget(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._counts.clear()
            self._calls_at = array("d")
            self._searches_at = array("d")
            self.writes = []
            self.calls = []


def busiest(times_s: list[float], *, span_s: float) -> int:
    """The largest number of calls in any window of `span_s` seconds. Times ascend."""
    return max(
        (bisect_right(times_s, start + span_s) - n for n, start in enumerate(times_s)),
        default=0,
    )
