"""The answers about queues, claims and releases, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import redis
from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from router.repeated import repeated
from router.routing.portal.services import Services
from router.routing.queues.claims import ClaimResult, claim_lead, release_lead
from router.timestamps import from_epoch_ms
from router.web.reps.context import ApiContext, as_rep, body, guarded, json_answer, log

STATUS: Final = {
    "yes": 200,
    "taken": 409,
    "not_waiting": 409,
    "unknown": 404,
    "not_allowed": 403,
    "at_limit": 429,
}
"""HTTP status by the kind of a `ClaimResult`."""
MOST_SHOWN: Final = 500


class ClaimAsked(BaseModel):
    """The body of POST /api/claims."""

    model_config = ConfigDict(extra="forbid", strict=True)

    contact_id: str = Field(pattern=r"^[1-9][0-9]{0,19}$")


class ReleaseAsked(ClaimAsked):
    """The body of POST /api/releases."""

    why: str = Field(min_length=1, max_length=500)


def queue(at: ApiContext, team: str) -> Response:
    """The waiting leads of a team's queue, for a rep of the team."""
    return guarded(lambda: as_rep(at, lambda rep: _queue(at.services(), team, rep=rep)))


def claims(at: ApiContext) -> Response:
    """Give a waiting lead to the rep."""

    def ask(rep: str) -> Response:
        asked = ClaimAsked.model_validate_json(body())
        return _answer_of(woken(claim_lead(at.services(), asked.contact_id, rep=rep), at.wake))

    return guarded(lambda: as_rep(at, ask))


def releases(at: ApiContext) -> Response:
    """Give a lead of the rep back."""

    def ask(rep: str) -> Response:
        asked = ReleaseAsked.model_validate_json(body())
        return _answer_of(
            woken(release_lead(at.services(), asked.contact_id, rep=rep, why=asked.why), at.wake)
        )

    return guarded(lambda: as_rep(at, ask))


def _queue(services: Services, team: str, *, rep: str) -> Response:
    policy = services.rules.policy()
    if team not in policy.roster.teams or rep not in policy.roster.teams[team].reps:
        return json_answer({"error": f"{rep} is in no team '{team}'. Teams stand in team.yaml."}, 404)
    waiting = services.store.queues.waiting(team, limit=MOST_SHOWN)
    rows = [
        {
            "contact_id": one.contact_id,
            "score": one.score,
            "since": from_epoch_ms(one.since_ms).isoformat(),
        }
        for one in waiting
    ]
    return json_answer(
        {"team": team, "waiting": services.store.queues.lengths().get(team, 0), "leads": rows}, 200
    )


def woken(answer: ClaimResult, wake: Callable[[], None]) -> ClaimResult:
    """The result, after a worker was woken for a lead that has to be written."""
    if answer.is_yes:
        try:
            wake()
        except (redis.RedisError, OSError) as error:
            # A worker's own tick finds the inbox within seconds.
            repeated.say(log, "wake_up.failed", problem=type(error).__name__, error=type(error).__name__)
    return answer


def _answer_of(answer: ClaimResult) -> Response:
    facts = {"answer": answer.kind, "sentence": answer.sentence}
    optional = {"owner_id": answer.owner_id, "decision_id": answer.decision_id}
    return json_answer(
        {**facts, **{name: value for name, value in optional.items() if value}}, STATUS[answer.kind]
    )
