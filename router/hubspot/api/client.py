"""The API client: each call is charged to the budget, kept within its deadline, and repeated only if safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NoReturn, TypeVar

import orjson
from msgspec import Struct
from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result
from tenacity.wait import wait_random, wait_random_exponential

from router import time_slice
from router.hubspot.api.errors import (
    AccessDenied,
    ComeBackLater,
    HubSpotError,
    Locked,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Paused,
    RateLimited,
    Refused,
    Unreachable,
)
from router.hubspot.api.http_response import HttpResponse, TransportError
from router.hubspot.api.replies import lock_pause, meaning, rate_limit_pause, refusal, scopes_missing
from router.hubspot.api.shapes import MalformedError
from router.store.budget.budget import CallBudget, Charge, Priority

T = TypeVar("T")

PATIENCE_S: Final[Mapping[Priority, float]] = {"lead": 10.0, "verify": 5.0, "sweep": 20.0}
"""Seconds that a call waits for the budget before its work is put off; at most the present time slice."""

SHORT_WAIT_S: Final = 2.5
"""A pause of at most this many seconds is waited out inside the call."""

ATTEMPTS: Final = 3
LEAST_S: Final = 0.5
"""Seconds of the deadline that must be left for a new attempt to start."""

DENIED_PAUSE: Final = timedelta(seconds=30)
_JITTER: Final = wait_random(0, 0.05)


class CallMade(Struct, frozen=True):
    """One call that was sent, for the metrics. `status` is 0 when no whole answer came back.

    `date` is the answer's header of that name, by HubSpot's clock; "" without one.
    """

    endpoint: str
    records: int
    status: int
    took_s: float
    date: str = ""


class Request(Struct, frozen=True):
    """One request: a function that sends it (given a deadline in seconds), and its description.

    `vital` means that the router cannot work without this endpoint: a missing scope pauses everything.
    `may_send` is asked right before each attempt goes out.
    """

    send: Callable[[float], HttpResponse]
    endpoint: str
    kind: Literal["read", "write"] = "read"
    records: int = 1
    priority: Priority = "lead"
    search: bool = False
    vital: bool = True
    may_send: Callable[[], bool] = lambda: True


class ApiClient:
    """The only client of HubSpot's API. Safe to use from many threads."""

    def __init__(
        self, budget: CallBudget, *, deadline_s: float, on_call: Callable[[CallMade], None] | None = None
    ) -> None:
        self._budget = budget
        self._deadline_s = deadline_s
        self._on_call = on_call
        # One of each for all calls: tenacity's objects refer to themselves, and each would wait for the
        # garbage collector. They give functions the moment (monotonic s) at which the tries have to end.
        self._attempts = Retrying(
            retry=retry_if_exception(_may_repeat),
            wait=wait_random_exponential(multiplier=0.2, max=2),  # full jitter
            stop=_is_enough,
            reraise=True,
        )
        self._admissions = Retrying(
            retry=retry_if_result(lambda charge: not charge.granted),
            wait=lambda state: _wait_s(state) + _JITTER(state),
            stop=lambda state: time.monotonic() + state.upcoming_sleep > _ends(state),
            retry_error_callback=_last_result,
        )

    def ask(self, request: Request, parse: Callable[[Any], T]) -> T:
        """Send the request and parse its answer; every attempt is charged to the budget before it is sent.

        Reads are repeated, at most twice and inside the deadline. A write is repeated only when it certainly
        was not applied. Raises the errors of `router.hubspot.api.errors`, and Redis's own when the budget
        cannot be reached.
        """
        patience_ends = time.monotonic() + time_slice.left_s(PATIENCE_S[request.priority])
        pending: list[Charge] = [self._admit(request, patience_ends)]

        def attempt(ends: float) -> T:
            paid = pending.pop() if pending else self._admit(request, min(patience_ends, ends))
            return self._attempt(request, parse, paid=paid, deadline_s=max(ends - time.monotonic(), LEAST_S))

        return self._attempts(attempt, time.monotonic() + self._deadline_s)

    def _admit(self, request: Request, ends: float) -> Charge:
        """Wait for the budget until `ends` at most; a pause that lasts longer is not waited for at all."""

        def charged(_ends: float) -> Charge:
            return self._budget.charge(request.priority, search=request.search)

        charge = self._admissions(charged, ends)
        if charge.granted:
            return charge
        if charge.verdict == "paused":
            until = datetime.now(UTC) + timedelta(seconds=charge.wait_s)
            raise Paused(charge.reason, until=until, retry_after_s=charge.wait_s)
        raise RateLimited(
            f"Our HubSpot call budget has no room for {request.endpoint} ({request.priority}): "
            f"{charge.verdict} frees a call in {charge.wait_s:.1f} s.",
            retry_after_s=max(charge.wait_s, 0.25),
        )

    def _attempt(self, request: Request, parse: Callable[[Any], T], *, paid: Charge, deadline_s: float) -> T:
        if not request.may_send():
            raise NotSent(f"{request.endpoint} was not sent: it waited for too long.")
        started = time.monotonic()
        try:
            answer = request.send(deadline_s)
        except TransportError as failure:
            self._note(request, 0, started)
            self._budget.failed()
            raise _no_answer(request, str(failure), sent=failure.sent) from failure
        self._note(request, answer.status, started, date=answer.headers.get("Date", ""))
        if meaning(answer.status) != "fine":
            self._reject(request, answer, paid)
        try:
            parsed = parse(orjson.loads(answer.body))
        except (orjson.JSONDecodeError, MalformedError) as error:
            self._budget.failed("HubSpot's answers are unreadable")
            raise _no_answer(request, f"an unreadable answer, {_why(error)}", sent=True) from error
        self._budget.observed(answer.headers)
        self._proved(paid)
        return parsed

    def _reject(self, request: Request, answer: HttpResponse, paid: Charge) -> NoReturn:
        verdict = meaning(answer.status)
        match verdict:
            case "rate_limited":
                reason, pause = rate_limit_pause(answer, self._budget.until_midnight())
                self._budget.pause(reason, pause)
                raise RateLimited(f"{reason}.", retry_after_s=pause.total_seconds())
            case "locked":
                reason, pause = lock_pause(answer)
                self._budget.pause(reason, pause)
                raise Locked(f"{reason}.", retry_after_s=pause.total_seconds())
            case "broken":
                self._budget.failed(f"HubSpot answers with status {answer.status}")
                raise _no_answer(request, f"status {answer.status}", sent=True)
            case "denied" if request.vital or answer.status == 401:
                error = _denied(request, answer)
                self._budget.pause(str(error), DENIED_PAUSE, then_probe=True)
                raise error
        self._proved(paid)  # a refusal shows that HubSpot is alive
        if verdict == "denied":
            raise _denied(request, answer)
        why = refusal(answer)
        if verdict == "not_found":
            raise NotFound(f"HubSpot does not find what {request.endpoint} asks for: {why.message}")
        raise Refused(
            f"HubSpot refuses {request.endpoint} ({why.code or answer.status}): {why.message}",
            category=why.code,
            property_name=why.property,
        )

    def _proved(self, paid: Charge) -> None:
        if paid.verdict == "probe":
            self._budget.succeeded()

    def _note(self, request: Request, status: int, started: float, *, date: str = "") -> None:
        if self._on_call is not None:
            took_s = time.monotonic() - started
            self._on_call(CallMade(request.endpoint, request.records, status, took_s, date))


def _may_repeat(error: BaseException) -> bool:
    """True for errors that changed nothing: a short wait, a read without answer, a write never sent."""
    if isinstance(error, ComeBackLater):
        return error.retry_after_s <= SHORT_WAIT_S
    return isinstance(error, Unreachable)


def _no_answer(request: Request, why: str, *, sent: bool) -> HubSpotError:
    if request.kind == "write" and sent:
        return OutcomeUnknown(
            f"HubSpot gave no usable answer to {request.endpoint} ({why}); the write may be applied or not."
        )
    return Unreachable(f"HubSpot gave no usable answer to {request.endpoint} ({why}).")


def _denied(request: Request, answer: HttpResponse) -> AccessDenied:
    if answer.status == 401:
        return AccessDenied("HubSpot refuses our access token (401); put a valid one in the settings.")
    scopes = ", ".join(scopes_missing(answer)) or "it needs"
    return AccessDenied(
        f"HubSpot denies {request.endpoint} (403): give the app the scopes {scopes} and install it again."
    )


def _is_enough(state: RetryCallState) -> bool:
    too_late = time.monotonic() + state.upcoming_sleep + LEAST_S > _ends(state)
    return too_late or state.attempt_number >= ATTEMPTS


def _ends(state: RetryCallState) -> float:
    ends: float = state.args[0]
    return ends


def _wait_s(state: RetryCallState) -> float:
    return _last_result(state).wait_s


def _last_result(state: RetryCallState) -> Charge:
    assert state.outcome is not None  # noqa: S101 - tenacity sets it before it asks
    charge: Charge = state.outcome.result()
    return charge


def _why(error: ValueError) -> str:
    return str(error) if isinstance(error, MalformedError) else "it is not JSON"
