"""Take a delivery from HubSpot: prove it, keep it, say so, and only then wake a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson
import redis
import structlog
from werkzeug.wsgi import get_input_stream

from router.crashpoints import crash_point
from router.hubspot.webhooks import (
    SIGNATURE_HEADERS,
    Delivery,
    DeliveryInvalid,
    SignatureInvalid,
    parse,
    verify,
)
from router.settings import Settings
from router.store.inbox import Inbox
from router.store.vitals import Vitals
from router.web.headers import SECURITY_HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH: Final = "/webhooks/hubspot"
MAX_BODY_BYTES: Final = 512 * 1024

log = structlog.get_logger()


def receiver_door(
    *, settings: Settings, inbox: Inbox, wake: Callable[[], None], vitals: Vitals
) -> WSGIApplication:
    """POST to PATH: 200 only once Redis has every announced lead.

    A WSGI application of its own, because Flask would cost more than all that is done here.
    """
    secrets = settings.client_secrets
    portal = settings.hubspot_portal_id

    def receive(environ: WSGIEnvironment) -> _Answer:
        began = time.perf_counter()
        if environ["REQUEST_METHOD"] != "POST":
            return _Answer("405 METHOD NOT ALLOWED", _error("This address does not take that method."))
        # One byte more than we take: a limit on Content-Length says nothing about a chunked body.
        body = get_input_stream(environ).read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            return _refuse("413 CONTENT TOO LARGE", "The body is larger than 512 KiB.", vitals)
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind != "application/json" or "HTTP_CONTENT_ENCODING" in environ:
            sentence = "The body has to be application/json without Content-Encoding."
            return _refuse("415 UNSUPPORTED MEDIA TYPE", sentence, vitals)
        try:
            verify(
                body,
                {name: environ[key] for name, key in _SIGNATURE_KEYS if key in environ},
                secrets=secrets,
                public_url=settings.public_webhook_url,
                now=datetime.now(UTC),
            )
            delivery = parse(body, portal=portal)
        except SignatureInvalid as error:
            return _refuse("401 UNAUTHORIZED", str(error), vitals)
        except DeliveryInvalid as error:
            return _refuse("400 BAD REQUEST", str(error), vitals)
        try:
            worth_waking = inbox.append(delivery.created, delivery.erased, delivery.ignored, delivery.changed)
        except redis.RedisError as error:
            return _unkept(error)
        crash_point("after_append")
        return _Answer("200 OK", _RECEIVED, lambda: _after(delivery, began, wake if worth_waking else None))

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> _Sent:
        found = receive(environ)
        headers = [*_HEADERS, ("Content-Length", str(len(found.body)))]
        if found.status.startswith("405"):
            headers.append(("Allow", "POST"))
        start_response(found.status, headers)
        return _Sent(b"" if environ["REQUEST_METHOD"] == "HEAD" else found.body, found.then)

    return answer


class _Answer(NamedTuple):
    """An answer's status line and body, and what to do once it is sent."""

    status: str
    body: bytes
    then: Callable[[], None] = lambda: None


class _Sent(list[bytes]):
    """A body that does something when the server has sent it."""

    def __init__(self, body: bytes, then: Callable[[], None]) -> None:
        super().__init__((body,))
        self.close = then


_RECEIVED: Final = orjson.dumps({"received": True})
_HEADERS: Final = (("Content-Type", "application/json"), *SECURITY_HEADERS.items())
_SIGNATURE_KEYS: Final = tuple((name, f"HTTP_{name.upper().replace('-', '_')}") for name in SIGNATURE_HEADERS)


def _after(delivery: Delivery, began: float, wake: Callable[[], None] | None) -> None:
    """HubSpot has its answer; what fails from here on must not change it."""
    if wake:
        try:
            wake()
        except (redis.RedisError, OSError) as error:
            # A worker's own tick finds the inbox within seconds.
            log.warning("wake_up.failed", error=type(error).__name__)
    log.info(
        "delivery.received",
        created=len(delivery.created),
        erased=len(delivery.erased),
        changed=len(delivery.changed),
        ignored=delivery.ignored,
        took_ms=round((time.perf_counter() - began) * 1000, 1),
    )


def _refuse(status: str, sentence: str, vitals: Vitals) -> _Answer:
    code = int(status[:3])

    def note() -> None:
        log.warning("delivery.refused", status=code, reason=sentence)
        try:
            vitals.note_refusal(code)
        except redis.RedisError as error:
            log.warning("refusal.not_counted", error=type(error).__name__)

    return _Answer(status, _error(sentence), note)


def _unkept(error: redis.RedisError) -> _Answer:
    """Redis did not take it (down, slow, full, read-only): HubSpot has to send it again."""
    log.error("delivery.refused", status=503, reason="Redis did not keep it", error=type(error).__name__)
    return _Answer("503 SERVICE UNAVAILABLE", _error("The delivery could not be kept; please send it again."))


def _error(sentence: str) -> bytes:
    return orjson.dumps({"error": sentence})
