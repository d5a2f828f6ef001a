"""The handling of one API call: token check, limits, faults, and the answer."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from router.sandbox.clock import iso, now_ms
from router.sandbox.http.errors import Refused, error_body, record_error, unauthorized
from router.sandbox.http.faults import REFUSALS, Fault, refusal
from router.sandbox.http.required import check_required
from router.sandbox.journal import KeptCall
from router.sandbox.portal import Portal

Json = dict[str, Any]


class Call(Struct, frozen=True):
    """An API call without its HTTP: endpoint, version, and parameters."""

    endpoint: str
    version: str
    kind: str = ""
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    token: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The records that the call names."""
        inputs = self.body.get("inputs")
        listed = (
            (one.get("id") for one in inputs if isinstance(one, dict)) if isinstance(inputs, list) else ()
        )
        return tuple(str(one) for one in (self.target, *listed) if one)

    @property
    def operation(self) -> str:
        """The endpoint, with `/history` added when property histories are asked for."""
        return f"{self.endpoint}/history" if self.body.get("propertiesWithHistory") else self.endpoint

    @property
    def is_search(self) -> bool:
        """True for search calls, which have limits of their own."""
        return self.endpoint.endswith("/search")

    @property
    def mixed_status(self) -> int:
        """The status of a batch that failed in part: 207, which 2026-09 no longer knows."""
        return 200 if self.version == "2026-09" else 207


class Answer(Struct, frozen=True):
    """The answer to the caller. `wire` says how the connection misbehaves while sending it."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wire: str = "whole"
    """whole, closed (no answer at all), garbage, huge, truncated, reset or drip."""
    fault: Fault | None = None


Action = Callable[[Portal, Call], Answer]


def answer(portal: Portal, call: Call, act: Action) -> Answer:
    """Answer a call as HubSpot would, or as an active fault demands; every call is counted."""
    at_s = time.time()
    headers: dict[str, str] = {}
    fault = None
    try:
        if call.token != portal.settings.token:
            raise unauthorized()
        headers = portal.limits.admit(portal.settings, search=call.is_search)
        check_required(call.endpoint, call.kind, call.body)
        fault = portal.faults.strike(call.operation, call.ids)
        given = _suffer(portal, call, act, fault)
    except Refused as refused:
        given = Answer(refused.status, refused.body, refused.headers)
    outcome = str(given.status) if given.wire != "closed" else "closed"
    portal.journal.count(call.endpoint, outcome, at_s=at_s)
    if portal.settings.keep_calls:
        portal.journal.calls.append(_kept(call, given, fault, at_s=at_s, outcome=outcome))
    return replace(given, headers={**headers, **given.headers})


def _kept(call: Call, given: Answer, fault: Fault | None, *, at_s: float, outcome: str) -> KeptCall:
    asked = _owners(call.body.get("inputs"))
    answered = _owners(given.body.get("results")) if isinstance(given.body, dict) else {}
    return KeptCall(
        operation=call.operation,
        ids=call.ids,
        at_ms=at_s * 1000,
        answered_ms=time.time() * 1000,
        outcome=outcome,
        fault=fault.kind if fault is not None else None,
        asked=asked,
        answered=answered,
    )


def _owners(records: Any) -> dict[str, str]:
    """The owner of each of these records that names one, by id."""
    found: dict[str, str] = {}
    for record in records if isinstance(records, list) else ():
        properties = record.get("properties") if isinstance(record, dict) else None
        if isinstance(properties, dict) and "hubspot_owner_id" in properties:
            found[str(record.get("id", ""))] = str(properties["hubspot_owner_id"] or "")
    return found


def _suffer(portal: Portal, call: Call, act: Action, fault: Fault | None) -> Answer:
    if portal.settings.latency_ms:
        time.sleep(portal.settings.latency_ms / 1000)
    if fault is None:
        return act(portal, call)
    if fault.kind in REFUSALS:
        raise refusal(fault)
    match fault.kind:
        case "hang":
            return _closed_after(fault)
        case "garbage" | "huge":
            return Answer(200, wire=fault.kind, fault=fault)
        case "late":
            _apply_later(portal, call, act, fault)
            return Answer(504, error_body("Gateway timeout"))
        case "applied_then_502":
            act(portal, call)
            return Answer(502, error_body("Bad gateway"))
        case "applied_then_hang":
            act(portal, call)
            return _closed_after(fault)
        case "slow":
            with portal.faults.delayed():
                time.sleep(fault.seconds)
                return act(portal, call)
        case "not_applied":
            return _pretended(portal, call, act)
        case "twice":
            given = act(portal, call)
            _apply_later(portal, call, act, fault)
            return given
        case "partial":
            return _partial(portal, call, act, fault)
        case "missing":
            return _missing(act(portal, call), fault)
        case "wrong_id":
            return _wrong_id(portal, call, act(portal, call), fault)
        case wire:
            return replace(act(portal, call), wire=wire, fault=fault)


def _closed_after(fault: Fault) -> Answer:
    time.sleep(fault.seconds)
    return Answer(0, wire="closed")


def _apply_later(portal: Portal, call: Call, act: Action, fault: Fault) -> None:
    def apply() -> None:
        with portal.faults.delayed():
            time.sleep(fault.seconds)
            try:
                outcome = f"{act(portal, call).status} late"
            except Refused as refused:
                outcome = f"{refused.status} late"
        portal.journal.count(call.endpoint, outcome, at_s=time.time())

    threading.Thread(target=apply, daemon=True).start()


def _pretended(portal: Portal, call: Call, act: Action) -> Answer:
    """The answer of a write that succeeds, without the write; reads have nothing to apply."""
    now = iso(now_ms())
    dates = {"createdAt": now, "updatedAt": now, "archived": False}
    if call.endpoint.endswith("/batch/update"):
        results = [
            {"id": str(one["id"]), "properties": {**one.get("properties", {})}, **dates}
            for one in call.body.get("inputs") or ()
        ]
        return Answer(200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})
    if call.endpoint.endswith("/create"):
        record_id = portal.repositories[call.kind].new_id() if call.kind else "1"
        return Answer(201, {"id": record_id, "properties": {**call.body.get("properties", {})}, **dates})
    return act(portal, call)


def _partial(portal: Portal, call: Call, act: Action, fault: Fault) -> Answer:
    """Leave some records of the batch unchanged and return errors for them: half of them, at least one."""
    inputs = call.body.get("inputs") or []
    if not inputs:
        return act(portal, call)
    failed = random.Random(fault.seed + fault.hits).sample(range(len(inputs)), max(1, len(inputs) // 2))
    kept = [given for place, given in enumerate(inputs) if place not in failed]
    given = act(portal, replace(call, body={**call.body, "inputs": kept}))
    ids = [str(inputs[place].get("id", "")) for place in sorted(failed)]
    errors = [
        *given.body.get("errors", ()),
        record_error("INTERNAL_ERROR", "There was a problem with the request.", ids),
    ]
    body = {**given.body, "numErrors": len(errors), "errors": errors}
    return replace(given, status=call.mixed_status, body=body)


def _missing(given: Answer, fault: Fault) -> Answer:
    results = (given.body or {}).get("results")
    if not results:
        return given
    lost = random.Random(fault.seed + fault.hits).randrange(len(results))
    return replace(given, body={**given.body, "results": results[:lost] + results[lost + 1 :]})


def _wrong_id(portal: Portal, call: Call, given: Answer, fault: Fault) -> Answer:
    records = portal.repositories[call.kind].records if call.kind else {}
    asked = {call.target, *(str(one.get("id")) for one in call.body.get("inputs") or ())}
    with portal.lock:
        others = [record_id for record_id in records if record_id not in asked]
    stranger = random.Random(fault.seed + fault.hits).choice(others) if others else "1"
    results = (given.body or {}).get("results")
    if results:
        return replace(given, body={**given.body, "results": [_renamed(results[0], stranger), *results[1:]]})
    return replace(given, body=_renamed(given.body, stranger)) if given.body else given


def _renamed(record: Json, record_id: str) -> Json:
    return {
        **record,
        "id": record_id,
        "properties": {**record.get("properties", {}), "hs_object_id": record_id},
    }
