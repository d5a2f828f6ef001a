"""The health of the service, for people (/health) and for Prometheus (/metrics)."""

from __future__ import annotations

import dataclasses

import orjson
import redis
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from router.store.health.vitals import Vitals, VitalsReading, problems, warnings
from router.web.metrics import exposition

REDIS_DOWN = "Redis does not answer, so no delivery can be kept. Start it, or correct REDIS_URL."


def health_blueprint(*, vitals: Vitals) -> Blueprint:
    """GET /health: 200, or 503 with `problems`. GET /metrics: always 200; see its lead_router_redis_up."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    def health() -> Response:
        reading = _look(vitals)
        if reading is None:
            return _as_json({"status": "unwell", "redis": "down", "problems": [REDIS_DOWN]}, status=503)
        found = problems(reading)
        report = {
            "status": "unwell" if found else "well",
            "redis": "up",
            "problems": found,
            "warnings": warnings(reading),
            **dataclasses.asdict(reading),
        }
        return _as_json(report, status=503 if found else 200)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return Response(exposition(_look(vitals)), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _look(vitals: Vitals) -> VitalsReading | None:
    try:
        return vitals.read()
    except redis.RedisError:
        return None


def _as_json(report: object, *, status: int) -> Response:
    return Response(
        orjson.dumps(report, option=orjson.OPT_INDENT_2), status=status, mimetype="application/json"
    )
