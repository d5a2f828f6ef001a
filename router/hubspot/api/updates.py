"""Batch updates: the outcome of each record, and the division of a refused batch.

HubSpot refuses a whole batch for one bad value. The batch is then halved until the bad records stand alone,
so that the good ones are written; a value that was refused is not tried again in other records of the same
batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from router.hubspot.api.errors import HubSpotError, NotFound, Refused
from router.hubspot.api.records import Outcome
from router.hubspot.api.replies import ids_in, refusal_in
from router.hubspot.api.shapes import MalformedError, an_object, entries, record_id

Changes = Mapping[str, Mapping[str, str]]

ABOUT_PROPERTY: Final = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
"""Refusals that concern a property whatever its value."""

ABOUT_VALUE: Final = frozenset(
    {"INVALID_OPTION", "INVALID_OWNER_ID", "INVALID_OWNER", "INVALID_DATE", "INVALID_INTEGER"}
)
"""Refusals that concern a value whatever its record."""


def body_of(changes: Changes) -> dict[str, Any]:
    """The batch update's body; the trace id lets HubSpot say which record an error means."""
    return {
        "inputs": [
            {"id": one, "objectWriteTraceId": one, "properties": dict(properties)}
            for one, properties in changes.items()
        ]
    }


def outcomes(answer: Any, asked: Sequence[str]) -> dict[str, Outcome]:
    """The outcome of every record asked for, from the lists and never from the status alone."""
    found = {one: Outcome("unknown", "HubSpot's answer does not mention it") for one in asked}
    errors = entries(answer, "errors") if "errors" in an_object(answer) else []
    if "results" not in answer and not errors:
        raise MalformedError("the answer has neither results nor errors")
    for entry in entries(answer) if "results" in answer else []:
        one = record_id(entry)
        if one in found:
            found[one] = Outcome("written")
    for error in errors:
        for one in ids_in(error):
            # A record in both lists: the error is the safer assumption, as it leads to another look.
            if one in found:
                found[one] = _failed(error)
    return found


def _failed(error: Mapping[str, Any]) -> Outcome:
    why = refusal_in(error, status=400)
    words = f"{error.get('category', '')} {error.get('subCategory', '')} {why.code}".upper()
    if "MERGED" in words:
        return Outcome("merged", why.message)
    if "NOT_FOUND" in words:
        return Outcome("gone", why.message)
    if "VALIDATION" in words or why.property or "INVALID" in words:
        return Outcome("refused", why.message, why.property)
    return Outcome("unknown", why.message)


def update(changes: Changes, send: Callable[[Changes], dict[str, Outcome]]) -> dict[str, Outcome]:
    """Send the changes and divide a refused batch; each part is a call of its own.

    Raises what `send` raises for the first call; once something may be written, the records not reached are
    `unknown` instead, so that no outcome is lost.
    """
    done: dict[str, Outcome] = {}
    waiting: list[Changes] = [changes]
    while waiting:
        part = waiting.pop()
        try:
            done |= send(part)
        except (Refused, NotFound) as error:
            settled, parts = _take_apart(part, error)
            done |= settled
            waiting.extend(parts)
        except HubSpotError as error:
            if part is changes:
                raise
            for left in (part, *waiting):
                done |= {one: Outcome("unknown", str(error)) for one in left}
            return done
    return done


def _take_apart(part: Changes, error: Refused | NotFound) -> tuple[dict[str, Outcome], list[Changes]]:
    """The records settled by the refusal, and the parts worth another call."""
    if isinstance(error, NotFound):
        if len(part) == 1:
            return {one: Outcome("gone", str(error)) for one in part}, []
        return {}, _halves(part, by="")
    refused = Outcome("refused", str(error), error.property)
    if len(part) == 1:
        return dict.fromkeys(part, refused), []
    concerned = {one: changes[error.property] for one, changes in part.items() if error.property in changes}
    if error.category in ABOUT_PROPERTY and concerned:
        rest = {one: changes for one, changes in part.items() if one not in concerned}
        return dict.fromkeys(concerned, refused), [rest] if rest else []
    if error.category in ABOUT_VALUE and len(concerned) == len(part) and len(set(concerned.values())) == 1:
        return dict.fromkeys(part, refused), []
    return {}, _halves(part, by=error.property)


def _halves(part: Changes, *, by: str) -> list[Changes]:
    """Two halves, equal values of the property kept together, as HubSpot judges them alike."""
    ordered = sorted(part, key=lambda one: part[one].get(by, ""))
    middle = len(ordered) // 2
    return [{one: part[one] for one in half} for half in (ordered[:middle], ordered[middle:])]
