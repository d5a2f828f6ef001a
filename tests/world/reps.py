"""Reps over HTTP: the application with claim links and API tokens, and a client of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from flask.testing import FlaskClient
from pydantic import SecretStr

from router.routing.portal.services import Services
from router.routing.queues.claim_links import link_to
from router.settings import Settings
from router.store.health.vitals import Vitals
from router.web.app import create_app
from router.web.tokens import made_for

SECRET = "a-secret-that-signs-links"
_URL = "https://leads.example.fr"


@dataclass
class Reps:
    """A client of the application, with a token for every rep, and how often a worker was woken."""

    client: FlaskClient
    tokens: dict[str, str]
    woken: list[int]

    def headers(self, rep: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[rep]}"}


@pytest.fixture
def reps(pull: Services, settings: Settings, redis_client: redis.Redis, tmp_path: Path) -> Reps:
    path = tmp_path / "tokens"
    changed = {"claim_secret": SecretStr(SECRET), "api_tokens_file": path}
    woken: list[int] = []
    app = create_app(
        settings=settings.model_copy(update=changed),
        inbox=pull.store.inbox,
        wake=lambda: woken.append(1),
        vitals=Vitals(redis_client, pull.store.keys),
        services=lambda: pull,
        clock=pull.clock,
    )
    return Reps(app.test_client(), {rep: made_for(rep, path) for rep in ("lea", "hugo", "marc")}, woken)


def link_path(team: str, contact_id: str, *, rep: str, at: Services) -> str:
    """The path of a claim link that is made now."""
    url = f"{_URL}/webhooks/hubspot"
    link = link_to(team, contact_id, rep=rep, secret=SECRET, public_webhook_url=url, now=at.clock())
    assert link.startswith(f"{_URL}/claim/")
    return link.removeprefix(_URL)
