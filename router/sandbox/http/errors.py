"""HubSpot's refusals: the status and the body of each.

Refused is the only error of the portal: wherever it is raised, it becomes the answer of the call.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from msgspec import Struct, field

Body = dict[str, Any]


class Refused(Exception):
    """A call that HubSpot answers with an error."""

    def __init__(self, status: int, body: Body, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body.get("message", ""))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class Mistake(Struct, frozen=True):
    """One property value that HubSpot does not accept."""

    name: str
    error: str
    message: str
    allowed: tuple[str, ...] = field(default=())


def error_body(message: str, **fields: object) -> Body:
    """The common shape of an error; every caller adds the fields that its kind of error has."""
    return {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), **fields}


def bad_request(message: str, **fields: object) -> Refused:
    """400, for a request that HubSpot does not understand."""
    return Refused(400, error_body(message, category="VALIDATION_ERROR", **fields))


def not_found(object_id: str) -> Refused:
    """404, for a record that does not exist (any more)."""
    message = "Object not found.  objectId are usually numeric."
    return Refused(404, error_body(message, context={"id": [object_id]}, category="OBJECT_NOT_FOUND"))


def invalid_values(mistakes: Iterable[Mistake]) -> Body:
    """The body that names each property; HubSpot writes the list as JSON inside the message."""
    found = list(dict.fromkeys(mistakes))
    listed = orjson.dumps(
        [
            {
                "isValid": False,
                "message": mistake.message,
                "error": mistake.error,
                "name": mistake.name,
                "localizedErrorMessage": mistake.message,
            }
            for mistake in found
        ]
    ).decode()
    errors = [
        {"message": m.message, "code": m.error, "context": {"propertyName": [m.name]}}
        if not m.allowed
        else {
            "message": m.message,
            "code": m.error,
            "context": {"propertyName": [m.name], "allowedValues": list(m.allowed)},
        }
        for m in found
    ]
    return error_body(f"Property values were not valid: {listed}", errors=errors, category="VALIDATION_ERROR")


def unauthorized() -> Refused:
    """401, for a token that is missing, wrong, expired or revoked."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return Refused(401, error_body(message, category="INVALID_AUTHENTICATION"))


def missing_scope() -> Refused:
    """403, for an app without the scope that the call needs."""
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        "Read more about required scopes here: https://developers.hubspot.com/scopes."
    )
    scopes = {"requiredScopes": ["crm.objects.contacts.write"]}
    errors = [{"message": "One or more of the following scopes are required.", "context": scopes}]
    links = {"scopes": "https://developers.hubspot.com/scopes"}
    return Refused(403, error_body(message, errors=errors, links=links, category="MISSING_SCOPES"))


def ten_secondly_limit(headers: Mapping[str, str] | None = None) -> Refused:
    """429, for the rolling ten seconds of the app."""
    body = error_body(
        "You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        groupName="publicapi:private-apps",
        requestId=str(uuid.uuid4()),
    )
    return Refused(429, body, headers)


def daily_limit(headers: Mapping[str, str] | None = None) -> Refused:
    """429, for the day of the account."""
    body = error_body(
        "You have reached your daily limit.",
        errorType="RATE_LIMIT",
        policyName="DAILY",
        requestId=str(uuid.uuid4()),
    )
    return Refused(429, body, headers)


def search_limit() -> Refused:
    """429 of searches, which has another body: no policyName, no rate-limit headers."""
    return Refused(429, error_body("You have reached your secondly limit.", category="RATE_LIMITS"))


def record_error(category: str, message: str, ids: list[str]) -> Body:
    """An entry of `errors` in the answer to a batch: some records failed, the others did not."""
    return {"status": "error", "category": category, "message": message, "context": {"ids": ids}}


def missing_records(object_name: str, ids: list[str]) -> Body:
    """The entry of `errors` for records that were not found; one entry holds all their ids."""
    message = (
        f"Could not get some {object_name} objects, they may be deleted or not exist. "
        "Check that ids are valid."
    )
    return record_error("OBJECT_NOT_FOUND", message, ids)
