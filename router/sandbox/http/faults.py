"""How the portal breaks on request, and when the next call is hit.

| kind | what the caller sees | is the call applied? |
|---|---|---|
| 429, 429_daily, 423, 477, 500, 502, 503, 504, 401, 403 | that answer | no |
| hang | nothing for `seconds`, then a closed connection | no |
| garbage | 200 with an HTML page | no |
| huge | 200 with `size_bytes` of JSON | no |
| late | 504 now | yes, `seconds` later |
| applied_then_502 | 502 | yes |
| applied_then_hang | nothing for `seconds`, then a closed connection | yes |
| truncated | 200 with half of the JSON | yes |
| reset | half of the body, then a reset connection | yes |
| drip | the right body, one byte every `seconds` | yes |
| wrong_id | an answer that holds another record in place of one asked for | yes |
| partial | some records of the batch among the errors | the others are |
| missing | one record neither in the results nor in the errors | yes |
| slow | the right answer, after `seconds` | yes, after `seconds`: late for a caller who waits less |
| not_applied | an answer as of a success | no |
| twice | the right answer | yes, and once more `seconds` later, as by a proxy that repeats |

A fault with `of` strikes only calls that name one of these records. `on` is the beginning of an endpoint;
`contacts/batch/read/history` are the reads of property histories alone.
"""

import random
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from router.sandbox.http.errors import (
    Refused,
    daily_limit,
    error_body,
    missing_scope,
    ten_secondly_limit,
    unauthorized,
)

REFUSALS = ("429", "429_daily", "423", "477", "500", "502", "503", "504", "401", "403")
BREAKAGES = (
    *("hang", "garbage", "huge", "late", "applied_then_502", "applied_then_hang", "truncated"),
    *("reset", "drip", "wrong_id", "partial", "missing", "slow", "not_applied", "twice"),
)


@dataclass(slots=True)
class Fault:
    """One kind of fault, for the next few calls or for a share of all calls, on some endpoints."""

    kind: str
    next: int = 0
    on: str = "any"
    rate: float = 0.0
    seconds: float = 1.0
    size_bytes: int = 64 * 1024 * 1024
    seed: int = 0
    of: Collection[str] = ()
    hits: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.chance.seed(self.seed)
        self.on = self.on.strip("/")
        if self.kind not in REFUSALS + BREAKAGES:
            raise ValueError(
                f"There is no fault '{self.kind}'. There are: {', '.join(REFUSALS + BREAKAGES)}."
            )

    def strikes(self, operation: str, ids: Collection[str]) -> bool:
        """True when a call of this operation on these records fails; a fault with `next` counts down."""
        if self.on != "any" and not operation.startswith(self.on):
            return False
        if self.of and not set(self.of) & set(ids):
            return False
        if self.next > 0:
            self.next -= 1
        elif not (self.rate and self.chance.random() < self.rate):
            return False
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        """The fault as `GET /sandbox/faults` answers it; `hits` counts the calls that it broke."""
        return {"kind": self.kind, "on": self.on, "next": self.next, "rate": self.rate, "hits": self.hits}


def fault_from(asked: Mapping[str, Any]) -> Fault:
    """The fault that a request describes, once unless it says how often. Raises ValueError."""
    known = {field.name for field in fields(Fault)} - {"hits", "chance"}
    if unknown := set(asked) - known:
        raise ValueError(f"A fault has no '{min(unknown)}'. It has: {', '.join(sorted(known))}.")
    often = {} if asked.get("next") or asked.get("rate") else {"next": 1}
    return Fault(**{**asked, **often, "kind": str(asked.get("kind"))})


class Faults:
    """The active faults. The first one that applies wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._under_way = 0

    def add(self, fault: Fault) -> None:
        """Add one more fault."""
        with self._lock:
            self._faults.append(fault)

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """A call that is applied late is under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def strike(self, operation: str, ids: Collection[str]) -> Fault | None:
        """The fault that breaks a call of this operation on these records, if any."""
        if not self._faults:
            return None
        with self._lock:
            return next((fault for fault in self._faults if fault.strikes(operation, ids)), None)

    def shown(self) -> dict[str, Any]:
        """Every fault with the number of calls that it broke; and how many calls are still to be applied."""
        with self._lock:
            return {"faults": [fault.shown() for fault in self._faults], "under_way": self._under_way}


def refusal(fault: Fault) -> Refused:
    """The answer of a fault that is a plain refusal."""
    match fault.kind:
        case "429":
            return ten_secondly_limit()
        case "429_daily":
            return daily_limit()
        case "401":
            return unauthorized()
        case "403":
            return missing_scope()
        case "423":
            message = "This resource is locked because of a high volume of requests. Try again in 2 seconds."
            return Refused(423, error_body(message, category="LOCKED"))
        case "477":
            message = "This account is being moved between data centers. Try again later."
            headers = {"Retry-After": str(max(1, round(fault.seconds)))}
            return Refused(477, error_body(message, category="MIGRATION_IN_PROGRESS"), headers)
        case _:
            return Refused(int(fault.kind), error_body("internal error"))
