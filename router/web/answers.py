"""The API's answers to reps and their tools: queues, claims, releases, absences, and claim pages.

Loaded with the first such request: it needs all of routing, which the receiver does without.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import redis
import structlog
from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from router.clock import Clock
from router.hubspot.api.errors import HubSpotError
from router.ledger import UnusableLedger
from router.pages import page
from router.routing.people.overrides import (
    NoSuchMoment,
    as_facts,
    end_written,
    say_away,
    say_back,
    standing_of,
)
from router.routing.portal.availability import RepAvailability
from router.routing.portal.live_rules import NoRules
from router.routing.portal.services import Services
from router.routing.queues.claim_links import ClaimLink, LinkInvalid, opened
from router.routing.queues.claims import ClaimResult, claim_lead, release_lead
from router.settings import Settings
from router.timestamps import from_epoch_ms
from router.web.tokens import rep_of

STATUS: Final = {
    "yes": 200,
    "taken": 409,
    "not_waiting": 409,
    "unknown": 404,
    "not_allowed": 403,
    "at_limit": 429,
}
MAX_BODY_BYTES: Final = 4096
MOST_SHOWN: Final = 500
AT_ONCE: Final = 4
"""Reps' requests that wait for HubSpot at once; the other threads stay free to receive webhooks."""
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)
"""A claim page runs no script and sends its form to us only."""

log = structlog.get_logger()


class ClaimAsked(BaseModel):
    """The body of POST /api/claims."""

    model_config = ConfigDict(extra="forbid", strict=True)

    contact_id: str = Field(pattern=r"^[1-9][0-9]{0,19}$")


class ReleaseAsked(ClaimAsked):
    """The body of POST /api/releases."""

    why: str = Field(min_length=1, max_length=500)


class AwayAsked(BaseModel):
    """The body of POST /api/away: the last day away, or the moment."""

    model_config = ConfigDict(extra="forbid", strict=True)

    until: str = Field(min_length=10, max_length=40)
    why: str = Field(default="", max_length=200)


class BackAsked(BaseModel):
    """The body of POST /api/back; without `until` the rep's override just ends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    until: str | None = Field(default=None, min_length=10, max_length=40)
    why: str = Field(default="", max_length=200)


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What every answer needs; `services` builds the services when first called, `wake` wakes a worker."""

    settings: Settings
    services: Callable[[], Services]
    wake: Callable[[], None]
    clock: Clock


def queue(at: ApiContext, team: str) -> Response:
    """The waiting leads of a team's queue, for a rep of the team."""
    return _guarded(lambda: _as_rep(at, lambda rep: _queue(at.services(), team, rep=rep)))


def claims(at: ApiContext) -> Response:
    """Give a waiting lead to the rep."""

    def ask(rep: str) -> Response:
        asked = ClaimAsked.model_validate_json(_body())
        return _answer_of(_awake(claim_lead(at.services(), asked.contact_id, rep=rep), at.wake))

    return _guarded(lambda: _as_rep(at, ask))


def releases(at: ApiContext) -> Response:
    """Give a lead of the rep back."""

    def ask(rep: str) -> Response:
        asked = ReleaseAsked.model_validate_json(_body())
        return _answer_of(
            _awake(release_lead(at.services(), asked.contact_id, rep=rep, why=asked.why), at.wake)
        )

    return _guarded(lambda: _as_rep(at, ask))


def standing(at: ApiContext) -> Response:
    """The rep's availability: away or present, by which source, and until when."""
    return _guarded(
        lambda: _as_rep(
            at,
            lambda rep: _stands(
                standing_of(
                    rep, rules=at.services().rules, people=at.services().people, clock=at.services().clock
                )
            ),
        )
    )


def away(at: ApiContext) -> Response:
    """Set the rep away until a day or a moment."""

    def ask(rep: str) -> Response:
        asked, services = AwayAsked.model_validate_json(_body()), at.services()
        return _stands(
            say_away(
                rep,
                until=_end(services, asked.until),
                why=asked.why,
                rules=services.rules,
                people=services.people,
                clock=services.clock,
            )
        )

    return _guarded(lambda: _as_rep(at, ask))


def back(at: ApiContext) -> Response:
    """End the rep's override, or set the rep present until a day, over HubSpot and team.yaml."""

    def ask(rep: str) -> Response:
        asked, services = BackAsked.model_validate_json(_body() or b"{}"), at.services()
        until = None if asked.until is None else _end(services, asked.until)
        return _stands(
            say_back(
                rep,
                until=until,
                why=asked.why,
                rules=services.rules,
                people=services.people,
                clock=services.clock,
            )
        )

    return _guarded(lambda: _as_rep(at, ask))


def claim_page(at: ApiContext, token: str) -> Response:
    """The page of a claim link. It changes nothing, because chats open links by themselves for a preview."""
    return _with_link(at, token, _confirm_page)


def claim_by_link(at: ApiContext, token: str) -> Response:
    """Claim the lead: the button of the page was pressed."""

    def ask(link: ClaimLink) -> Response:
        answer = _awake(claim_lead(at.services(), link.contact_id, rep=link.rep), at.wake)
        return _page(answer.sentence, status=STATUS[answer.kind])

    return _guarded(lambda: _with_link(at, token, ask))


def _as_rep(at: ApiContext, ask: Callable[[str], Response]) -> Response:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    path = at.settings.api_tokens_file
    rep = rep_of(token.strip(), path) if path and kind.lower() == "bearer" and token.strip() else None
    if rep is None:
        refused = _json(
            {"error": "Send a token: 'Authorization: Bearer …'. Made by: router token add REP"}, 401
        )
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    policy = at.services().rules.policy()
    if rep not in policy.roster.reps:
        return _json({"error": f"{rep} is no rep of team.yaml any more."}, 403)
    return ask(rep)


def _end(services: Services, until: str) -> datetime:
    policy = services.rules.policy()
    return end_written(until, policy.roster.timezone, now=services.clock())


def _stands(one: RepAvailability) -> Response:
    return _json(as_facts([one])[0], 200)


def _queue(services: Services, team: str, *, rep: str) -> Response:
    policy = services.rules.policy()
    if team not in policy.roster.teams or rep not in policy.roster.teams[team].reps:
        return _json({"error": f"{rep} is in no team '{team}'. Teams stand in team.yaml."}, 404)
    waiting = services.store.queues.waiting(team, limit=MOST_SHOWN)
    rows = [
        {
            "contact_id": one.contact_id,
            "score": one.score,
            "since": from_epoch_ms(one.since_ms).isoformat(),
        }
        for one in waiting
    ]
    return _json({"team": team, "waiting": services.store.queues.lengths().get(team, 0), "leads": rows}, 200)


_places = threading.BoundedSemaphore(AT_ONCE)


def _guarded(ask: Callable[[], Response]) -> Response:
    """The answer, or one sentence about the error; then nothing has changed."""
    if not _places.acquire(blocking=False):
        busy = _json({"error": "Many reps are asking at this moment. Try again in a second."}, 503)
        busy.headers["Retry-After"] = "1"
        return busy
    try:
        return ask()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        return _json({"error": f"{place}: {first['msg']}."}, 400)
    except NoSuchMoment as error:
        return _json({"error": f"until: {error}"}, 400)
    except NoRules as error:
        return _json({"error": str(error)}, 503)
    except (redis.RedisError, HubSpotError, SQLAlchemyError) as error:
        log.warning("api.unavailable", error=type(error).__name__)
        return _json({"error": "This cannot be done right now; nothing was changed. Try again."}, 503)
    except UnusableLedger as error:
        log.error("api.unavailable", why=str(error))
        return _json({"error": "This cannot be done until somebody has looked at the ledger."}, 503)
    finally:
        _places.release()


def _body() -> bytes:
    return request.stream.read(MAX_BODY_BYTES + 1)


def _awake(answer: ClaimResult, wake: Callable[[], None]) -> ClaimResult:
    if answer.is_yes:
        try:
            wake()
        except (redis.RedisError, OSError) as error:
            # A worker's own tick finds the inbox within seconds.
            log.warning("wake_up.failed", error=type(error).__name__)
    return answer


def _answer_of(answer: ClaimResult) -> Response:
    facts = {"answer": answer.kind, "sentence": answer.sentence}
    optional = {"owner_id": answer.owner_id, "decision_id": answer.decision_id}
    return _json({**facts, **{name: value for name, value in optional.items() if value}}, STATUS[answer.kind])


def _with_link(at: ApiContext, token: str, ask: Callable[[ClaimLink], Response]) -> Response:
    secret = at.settings.claim_secret
    if secret is None:
        return _page("Claim links are switched off here: CLAIM_SECRET is not set.", status=404)
    try:
        link = opened(token, secret=secret.get_secret_value(), now=at.clock())
    except LinkInvalid as error:
        return _page(str(error), status=403)
    return ask(link)


def _confirm_page(link: ClaimLink) -> Response:
    return _page(f"{link.rep}: contact {link.contact_id} ({link.team})", asks=True, status=200)


def _page(sentence: str, *, status: int, asks: bool = False) -> Response:
    """The sentence, in whatever language it is; `asks` puts the button below."""
    html = page("claim.html", language="", title="Lead Router", sentence=sentence, asks=asks)
    policy = {"Content-Security-Policy": PAGE_POLICY}
    return Response(html, status=status, mimetype="text/html", headers=policy)


def _json(facts: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(facts), status=status, mimetype="application/json")
