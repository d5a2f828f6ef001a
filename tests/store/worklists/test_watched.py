"""What was seen of a watched lead is noted only while it is the same lead, with the same decision."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from router.store import lead_fields
from router.store.keys import Keys
from router.store.worklists.watched import Noted, WatchedLeads
from router.timestamps import from_epoch_ms

SEEN = Noted("501", 2, 60, look_at_ms=9_000, overdue_since_ms=800, event={"kind": "overdue"})


@pytest.mark.parametrize(
    ("episode", "state", "is_watched", "noted"),
    [
        (2, "done", True, True),
        (2, "written", True, True),
        (3, "done", True, False),
        (2, "reopened", True, False),
        (2, "done", False, False),
    ],
)
def test_a_lead_that_was_decided_again_or_taken_off_meanwhile_is_left_alone(
    redis_client: redis.Redis, keys: Keys, episode: int, state: str, is_watched: bool, noted: bool
) -> None:
    fields: dict[Any, Any] = {lead_fields.STATE: state, lead_fields.EPISODE: episode}
    redis_client.hset(keys.lead("501"), mapping=fields)
    if is_watched:
        redis_client.zadd(keys.watched, {"501": 1_000})
    watched = WatchedLeads(redis_client, keys)

    watched.note([SEEN])

    assert redis_client.hget(keys.lead("501"), lead_fields.PERCENT_BEHIND) == ("60" if noted else None)
    assert watched.overdue(limit=9) == ({"501": from_epoch_ms(800)} if noted else {})
    assert redis_client.xlen(keys.outbox) == int(noted)
    stays = is_watched and state == "done" and not noted
    assert redis_client.zscore(keys.watched, "501") == (9_000 if noted else 1_000 if stays else None)


def test_a_lead_that_is_overdue_is_told_to_the_ledger_once(redis_client: redis.Redis, keys: Keys) -> None:
    fields: dict[Any, Any] = {lead_fields.STATE: "done", lead_fields.EPISODE: 2}
    redis_client.hset(keys.lead("501"), mapping=fields)
    redis_client.zadd(keys.watched, {"501": 1_000})
    watched = WatchedLeads(redis_client, keys)

    watched.note([SEEN])
    watched.note([SEEN])

    assert redis_client.xlen(keys.outbox) == 1
