"""The leads that a night plans to move, kept until they are moved, so that a killed run can continue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import orjson
import redis
from msgspec import Struct
from msgspec.structs import replace

from router.plain import as_plain
from router.policy.reports.night_report import Note
from router.store.keys import Keys


class Planned(Struct, frozen=True):
    """One lead on the plan: its owner, its planned destination, and the reason.

    `episode` is None for a lead that Redis does not know, `owner_id` is "" for a lead in a queue. `moment` is
    ISO or "". `rule` is the rule that decides it. Leads move in the order of `place`, as they were planned.
    `left` says why a lead was not moved after all.
    """

    place: int
    contact_id: str
    episode: int | None
    owner_id: str
    reason: str
    moment: str
    came_from: str
    goes_to: str
    rule: str
    why: str
    left: Note = ""


class PlanAwaitingApproval(Struct, frozen=True):
    """A plan that waits for approval: its night (ISO date), its moves, and the limit they exceed."""

    day: str
    plan: str
    by: str
    moves: int
    limit: int
    open_leads: int


class NightPlan:
    """The plan of one portal's night."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._plan = keys.night_plan
        self._brake = keys.night_brake

    def begin(self) -> None:
        """Start a new plan; what an earlier night left is dropped, approved or not."""
        self._redis.delete(self._plan, self._brake)

    def add(self, planned: Iterable[Planned]) -> None:
        """Put leads on the plan; a lead that is on it already keeps its entry."""
        with self._redis.pipeline() as pipeline:
            for one in planned:
                pipeline.hsetnx(self._plan, one.contact_id, orjson.dumps(as_plain(one)))
            pipeline.execute()

    def leave(self, why: Mapping[str, Note]) -> None:
        """Note why these leads are not moved; a contact that was erased meanwhile stays off the plan."""
        with self._redis.pipeline() as pipeline:
            for one in self.of(why).values():
                stays = replace(one, left=why[one.contact_id])
                pipeline.hset(self._plan, one.contact_id, orjson.dumps(as_plain(stays)))
            pipeline.execute()

    def of(self, contact_ids: Iterable[str]) -> dict[str, Planned]:
        """Entries of those of these leads that are on the plan, by contact id."""
        ids = list(contact_ids)
        texts = cast("list[str | None]", self._redis.hmget(self._plan, ids)) if ids else []
        return {one.contact_id: one for text in texts if text for one in (_planned(text),)}

    def all(self) -> list[Planned]:
        """Every lead on the plan, in its order."""
        found = self._redis.hscan_iter(self._plan, count=500)
        return sorted((_planned(cast("str", text)) for _, text in found), key=lambda one: one.place)

    def __len__(self) -> int:
        return self._redis.hlen(self._plan)

    def hold(self, waiting: PlanAwaitingApproval) -> None:
        """Hold the plan until it is approved."""
        self._redis.set(self._brake, orjson.dumps(as_plain(waiting)))

    def waiting(self) -> PlanAwaitingApproval | None:
        """The plan that waits for approval, or None."""
        text = cast("str | None", self._redis.get(self._brake))
        return PlanAwaitingApproval(**orjson.loads(text)) if text else None

    def release(self) -> None:
        """End the wait for approval."""
        self._redis.delete(self._brake)

    def forget(self, contact_id: str) -> None:
        """Take a contact off the plan."""
        self._redis.hdel(self._plan, contact_id)


def _planned(text: str) -> Planned:
    return Planned(**orjson.loads(text))
