"""The webhook receiver: verify a delivery, store it, answer, and only then wake a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import orjson
import redis
import structlog
from flask import Blueprint, Response, request

from router.clock import Clock
from router.crashpoints import crash_point
from router.hubspot.webhooks.signatures import SIGNATURE_HEADERS, SignatureInvalid, verify
from router.hubspot.webhooks.webhooks import Delivery, DeliveryInvalid, parse
from router.repeated import repeated
from router.settings import Settings
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.timestamps import epoch_ms
from router.web.unkept import Unkept

MAX_BODY_BYTES: Final = 512 * 1024
AGAIN_AFTER_S: Final = 10
"""Seconds after which a delivery that could not be kept is welcome again."""

log = structlog.get_logger()


def receiver_blueprint(
    *,
    settings: Settings,
    inbox: Inbox,
    wake: Callable[[], None],
    vitals: Vitals,
    unkept: Unkept,
    clock: Clock,
) -> Blueprint:
    """POST /webhooks/hubspot: 200 only once Redis has every announced lead."""
    blueprint = Blueprint("receiver", __name__)
    secrets = settings.client_secrets
    portal = settings.hubspot_portal_id

    @blueprint.post("/webhooks/hubspot")
    def receive() -> Response:
        began = time.perf_counter()
        # One byte more than the limit: Content-Length says nothing about a chunked body.
        body = request.stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            return _refuse(413, "The body is larger than 512 KiB.", vitals)
        if request.mimetype != "application/json" or "Content-Encoding" in request.headers:
            return _refuse(415, "The body has to be application/json without Content-Encoding.", vitals)
        try:
            now = clock()
            verify(
                body,
                _signature_headers(),
                secrets=secrets,
                public_url=settings.public_webhook_url,
                now=now,
            )
            delivery = parse(body, portal=portal)
        except SignatureInvalid as error:
            return _refuse(401, str(error), vitals)
        except DeliveryInvalid as error:
            return _refuse(400, str(error), vitals)
        try:
            now_ms = epoch_ms(now)
            changed = [(contact_id, now_ms) for contact_id in delivery.changed]
            inbox.note_merged(delivery.merged, now_ms=now_ms)
            worth_waking = inbox.append(
                delivery.created,
                delivery.erased,
                delivery.ignored,
                changed,
                delivery.deleted,
                delivery.touched,
                foreign=delivery.foreign,
                now_ms=now_ms,
            )
        except redis.RedisError as error:
            unkept.note()
            return _unkept(error)
        crash_point("after_append")
        response = Response(_RECEIVED, mimetype="application/json")
        response.call_on_close(lambda: _after(delivery, began, wake if worth_waking else None))
        return response

    return blueprint


_RECEIVED: Final = orjson.dumps({"received": True})


def _signature_headers() -> dict[str, str]:
    headers = request.headers
    return {name: found for name in SIGNATURE_HEADERS if (found := headers.get(name)) is not None}


def _after(delivery: Delivery, began: float, wake: Callable[[], None] | None) -> None:
    """Wake a worker and count; HubSpot has its answer, and an error from here on must not change it."""
    if wake:
        try:
            wake()
        except (redis.RedisError, OSError) as error:
            # A worker's own tick finds the inbox within seconds.
            repeated.say(log, "wake_up.failed", problem=type(error).__name__, error=type(error).__name__)
    # Metrics count them; a line for each would take longer than the signature.
    log.debug(
        "delivery.received",
        created=len(delivery.created),
        erased=len(delivery.erased),
        changed=len(delivery.changed),
        touched=len(delivery.touched),
        ignored=delivery.ignored,
        took_ms=round((time.perf_counter() - began) * 1000, 1),
    )


def _refuse(status: int, sentence: str, vitals: Vitals) -> Response:
    def note() -> None:
        repeated.say(log, "delivery.refused", problem=str(status), status=status, reason=sentence)
        try:
            vitals.note_refusal(status)
        except redis.RedisError as error:
            repeated.say(log, "refusal.not_counted", error=type(error).__name__)

    response = _answer(status, sentence)
    response.call_on_close(note)
    return response


def _unkept(error: redis.RedisError) -> Response:
    """The answer when Redis did not take it (down, slow, full, read-only): HubSpot has to send it again."""
    loads = isinstance(error, redis.BusyLoadingError)
    repeated.say(
        log,
        "delivery.refused",
        problem=f"503 {type(error).__name__}",
        level="error",
        status=503,
        reason="Redis reads its data" if loads else "Redis did not keep it",
        error=type(error).__name__,
    )
    response = _answer(503, "The delivery could not be kept; please send it again.")
    response.headers["Retry-After"] = str(AGAIN_AFTER_S)
    return response


def _answer(status: int, sentence: str) -> Response:
    return Response(orjson.dumps({"error": sentence}), status=status, mimetype="application/json")
