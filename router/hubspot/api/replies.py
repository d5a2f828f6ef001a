"""The meaning of unsuccessful answers: which error, and how long all calls wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

import orjson
from msgspec import Struct

from router.hubspot.api.http_response import HttpResponse
from router.security.visible import one_line

Meaning = Literal["fine", "rate_limited", "locked", "denied", "not_found", "refused", "broken"]

LONGEST_PAUSE: Final = timedelta(hours=24)
LOCK_PAUSE: Final = timedelta(seconds=2)
MIGRATION_PAUSE: Final = timedelta(minutes=1)
LONGEST_MESSAGE: Final = 300
_EMAIL: Final = re.compile(r"(?<![^\s\"'<>,;:\[\]()@])[^\s\"'<>,;:\[\]()@]++@[^\s\"'<>,;:\[\]()]++")
"""It begins at the beginning of a word and never goes back: linear for any text."""
_SCOPE: Final = re.compile(r"^[a-z0-9._-]{1,80}$")
_VALUES: Final = "Property values were not valid: "


class Refusal(Struct, frozen=True):
    """The cause of a refusal: its code, the property concerned, and one sentence without contact values."""

    code: str
    property: str
    message: str


def meaning(status: int) -> Meaning:
    """The meaning of a status; a redirect or an unknown status is a broken answer."""
    match status:
        case _ if 200 <= status < 300:
            return "fine"
        case 401 | 403:
            return "denied"
        case 404:
            return "not_found"
        case 429:
            return "rate_limited"
        case 423 | 477:
            return "locked"
        case _ if 400 <= status < 500 and status != 408:
            return "refused"
        case _:
            return "broken"


def rate_limit_pause(answer: HttpResponse, until_midnight: timedelta) -> tuple[str, timedelta]:
    """The limit that a 429 names, and how long to wait.

    Live answers name the limit in `policyName`, in the message only, or in both.
    """
    body = body_of(answer)
    words = f"{body.get('policyName', '')} {body.get('message', '')}".lower()
    if "daily" in words:
        limit, pause = "the day's calls are used up", until_midnight
    elif "ten_secondly" in words or "secondly" not in words:
        limit, pause = "the calls of ten seconds are used up", timedelta(seconds=10)
    else:
        limit, pause = "the calls of this second are used up", timedelta(seconds=1)
    return f"HubSpot says {limit}", retry_after(answer) or pause


def lock_pause(answer: HttpResponse) -> tuple[str, timedelta]:
    """Reason and duration of a lock on the records: a lock takes 2 s, a migration up to 24 h."""
    if answer.status == 477:
        return "HubSpot migrates this account", retry_after(answer) or MIGRATION_PAUSE
    return "HubSpot holds a lock on these records", max(retry_after(answer) or LOCK_PAUSE, LOCK_PAUSE)


def retry_after(answer: HttpResponse) -> timedelta | None:
    """The wait that HubSpot asks for, at most a day; None when it names none that can be read."""
    text = answer.headers.get("Retry-After", "").strip()
    if not re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return None
    return min(max(timedelta(seconds=float(text)), timedelta(milliseconds=100)), LONGEST_PAUSE)


def refusal(answer: HttpResponse) -> Refusal:
    """The reason of a refused call."""
    return refusal_in(body_of(answer), status=answer.status)


def refusal_in(body: Mapping[str, Any], *, status: int) -> Refusal:
    """The reason in one error object, whether it stands for a call or for one record of a batch."""
    inner = _inner_error(body)
    code = inner.get("error") or inner.get("code") or body.get("subCategory") or body.get("category") or ""
    name = inner.get("name") or _first(inner.get("context"), "propertyName") or ""
    message = clean(str(inner.get("message") or body.get("message") or f"status {status}"))
    return Refusal(str(code).rpartition(".")[2], str(name), message)


def scopes_missing(answer: HttpResponse) -> tuple[str, ...]:
    """The scopes that a 403 names."""
    found: list[Any] = []
    for error in _dicts(body_of(answer).get("errors")):
        context = error.get("context")
        for name in ("requiredGranularScopes", "requiredScopes"):
            listed = context.get(name) if isinstance(context, dict) else None
            found.extend(listed if isinstance(listed, list) else [])
    return tuple(dict.fromkeys(scope for scope in found if isinstance(scope, str) and _SCOPE.match(scope)))


def ids_in(error: Mapping[str, Any]) -> tuple[str, ...]:
    """The record ids that one error of a batch names."""
    context = error.get("context")
    named = [error.get("objectWriteTraceId"), error.get("id")]
    if isinstance(context, dict):
        for name in ("ids", "id", "objectWriteTraceId"):
            listed = context.get(name)
            named.extend(listed if isinstance(listed, list) else [listed])
    return tuple(dict.fromkeys(str(one) for one in named if isinstance(one, str | int)))


def body_of(answer: HttpResponse) -> dict[str, Any]:
    """The error body, or an empty one: every field of it is optional, and so is the body."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def clean(message: str) -> str:
    """HubSpot's message on one line, without e-mail addresses, at most 300 characters."""
    return one_line(_EMAIL.sub("[e-mail]", " ".join(message.split())))[:LONGEST_MESSAGE]


def _inner_error(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The useful error, which HubSpot hides as JSON inside the message, or in `errors`."""
    message = body.get("message")
    if isinstance(message, str) and message.startswith(_VALUES):
        try:
            listed = _dicts(orjson.loads(message.removeprefix(_VALUES)))
        except orjson.JSONDecodeError:
            return {}
        return listed[0] if listed else {}
    listed = _dicts(body.get("errors"))
    return listed[0] if listed else body


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _first(context: Any, name: str) -> Any:
    found = context.get(name) if isinstance(context, dict) else None
    return found[0] if isinstance(found, list) and found else found
