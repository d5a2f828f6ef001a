"""The answers about a rep's absence, as JSON."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from router.routing.people.overrides import as_facts, end_written, say_away, say_back, standing_of
from router.routing.portal.availability import RepAvailability
from router.routing.portal.services import Services
from router.web.reps.context import ApiContext, as_rep, body, guarded, json_answer


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


def standing(at: ApiContext) -> Response:
    """The rep's availability: away or present, by which source, and until when."""
    return guarded(
        lambda: as_rep(
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
        asked, services = AwayAsked.model_validate_json(body()), at.services()
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

    return guarded(lambda: as_rep(at, ask))


def back(at: ApiContext) -> Response:
    """End the rep's override, or set the rep present until a day, over HubSpot and team.yaml."""

    def ask(rep: str) -> Response:
        asked, services = BackAsked.model_validate_json(body() or b"{}"), at.services()
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

    return guarded(lambda: as_rep(at, ask))


def _end(services: Services, until: str) -> datetime:
    policy = services.rules.policy()
    return end_written(until, policy.roster.timezone, now=services.clock())


def _stands(one: RepAvailability) -> Response:
    return json_answer(as_facts([one])[0], 200)
