"""A gateway, its budget, and a server that misbehaves as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from router.hubspot.api.gateway import Gateway
from router.store.budget.budget import CallBudget
from router.store.keys import Keys
from tests.world.responder import TOKEN, Responder


@pytest.fixture
def responder() -> Iterator[Responder]:
    with Responder() as server:
        yield server


@pytest.fixture
def budget(redis_client: redis.Redis, keys: Keys) -> CallBudget:
    return CallBudget(redis_client, keys)


@pytest.fixture
def a_gateway(responder: Responder, budget: CallBudget) -> Callable[..., Gateway]:
    def build(*, api_version: str = "2026-03", deadline_s: float = 15.0, **more: object) -> Gateway:
        return Gateway(
            access_token=TOKEN,
            base_url=responder.url,
            api_version=api_version,
            budget=budget,
            deadline_s=deadline_s,
            **more,  # type: ignore[arg-type]
        )

    return build


@pytest.fixture
def gateway(a_gateway: Callable[..., Gateway]) -> Gateway:
    return a_gateway()
