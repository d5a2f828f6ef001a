"""A rep's request: who asks, at most a few at once, and errors as one sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import orjson
import redis
import structlog
from flask import Response, request
from msgspec import Struct
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from router.clock import Clock
from router.hubspot.api.errors import HubSpotError
from router.ledger import UnusableLedger
from router.repeated import repeated
from router.routing.people.overrides import NoSuchMoment, ReasonUnclear
from router.routing.portal.live_rules import NoRules
from router.routing.portal.services import Services
from router.settings import Settings
from router.web.tokens import rep_of

MAX_BODY_BYTES: Final = 4096
AT_ONCE: Final = 4
"""Reps' requests that wait for HubSpot at once; the other threads stay free to receive webhooks."""

log = structlog.get_logger()

_places = threading.BoundedSemaphore(AT_ONCE)


class ApiContext(Struct, frozen=True):
    """What every answer needs; `services` builds the services when first called, `wake` wakes a worker."""

    settings: Settings
    services: Callable[[], Services]
    wake: Callable[[], None]
    clock: Clock


def as_rep(at: ApiContext, ask: Callable[[str], Response]) -> Response:
    """The answer for the rep of the request's token, or 401 or 403."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    path = at.settings.api_tokens_file
    rep = rep_of(token.strip(), path) if path and kind.lower() == "bearer" and token.strip() else None
    if rep is None:
        refused = json_answer(
            {"error": "Send a token: 'Authorization: Bearer …'. Made by: router token add REP"}, 401
        )
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    policy = at.services().rules.policy()
    if rep not in policy.roster.reps:
        return json_answer({"error": f"{rep} is no rep of team.yaml any more."}, 403)
    return ask(rep)


def guarded(ask: Callable[[], Response]) -> Response:
    """The answer, or one sentence about the error; then nothing has changed."""
    if not _places.acquire(blocking=False):
        busy = json_answer({"error": "Many reps are asking at this moment. Try again in a second."}, 503)
        busy.headers["Retry-After"] = "1"
        return busy
    try:
        return ask()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        return json_answer({"error": f"{place}: {first['msg']}."}, 400)
    except NoSuchMoment as error:
        return json_answer({"error": f"until: {error}"}, 400)
    except ReasonUnclear as error:
        return json_answer({"error": f"why: {error}"}, 400)
    except NoRules as error:
        return json_answer({"error": str(error)}, 503)
    except (redis.RedisError, HubSpotError, SQLAlchemyError) as error:
        repeated.say(log, "api.unavailable", problem=type(error).__name__, error=type(error).__name__)
        return json_answer({"error": "This cannot be done right now; nothing was changed. Try again."}, 503)
    except UnusableLedger as error:
        repeated.say(log, "api.unavailable", problem="ledger", level="error", why=str(error))
        return json_answer({"error": "This cannot be done until somebody has looked at the ledger."}, 503)
    finally:
        _places.release()


def body() -> bytes:
    """The request's body, at most a byte longer than allowed."""
    return request.stream.read(MAX_BODY_BYTES + 1)


def json_answer(facts: dict[str, Any], status: int) -> Response:
    """The facts as JSON."""
    return Response(orjson.dumps(facts), status=status, mimetype="application/json")
