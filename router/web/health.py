"""The health of the service, for people and probes (/health, /ready) and for Prometheus (/metrics).

Without the token HEALTH_TOKEN these pages give the status, the names of conditions and counts. Names of reps
and teams, hosts and texts of the rule files are for those who send `Authorization: Bearer <token>`, and for
`router health` on the machine itself.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from typing import Any

import orjson
import redis
from flask import Blueprint, Response, request
from msgspec.structs import replace
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr

from router.store.health.reading import VitalsReading
from router.store.health.report import counts_only, in_detail
from router.store.health.vitals import Vitals
from router.store.loading import Loading
from router.web.metrics import exposition
from router.web.unkept import Unkept

WRONG_TOKEN = "This is not the token of HEALTH_TOKEN; without one you get status and counts."  # noqa: S105


def health_blueprint(*, vitals: Vitals, unkept: Unkept, token: SecretStr | None) -> Blueprint:
    """GET /health: 503 while something is failing, else 200. GET /ready: 200 while deliveries can be kept.

    GET /metrics: always 200; see its lead_router_redis_up.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    def health() -> Response:
        may = _may_see_details(token)
        if may is None:
            return _as_json({"error": WRONG_TOKEN}, status=401)
        reading = _look(vitals, unkept)
        report = in_detail(reading) if may else counts_only(reading)
        return _as_json(report, status=503 if report["status"] == "failing" else 200)

    @blueprint.get("/ready")
    def ready() -> Response:
        try:
            vitals.probe()
        except redis.RedisError:
            return _as_json({"ready": False}, status=503)
        return _as_json({"ready": True}, status=200)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        may = _may_see_details(token)
        if may is None:
            return _as_json({"error": WRONG_TOKEN}, status=401)
        return Response(exposition(_look(vitals, unkept), with_names=may), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _may_see_details(token: SecretStr | None) -> bool | None:
    """True with the token, False without one, None with a wrong one."""
    given = request.headers.get("Authorization")
    if given is None or token is None:
        return False
    expected = f"Bearer {token.get_secret_value()}"
    return True if hmac.compare_digest(given.encode(), expected.encode()) else None


def _look(vitals: Vitals, unkept: Unkept) -> VitalsReading | Loading | None:
    reading = vitals.read_if_possible()
    if not isinstance(reading, VitalsReading):
        return reading
    times = unkept.take_uncounted()
    if times:
        with suppress(redis.RedisError):
            vitals.note_refusal(503, times=times)
    return replace(reading, unkept_here=unkept.lately())


def _as_json(report: dict[str, Any], *, status: int) -> Response:
    return Response(
        orjson.dumps(report, option=orjson.OPT_INDENT_2), status=status, mimetype="application/json"
    )
