"""What a ledger holds: decisions, events, and leads that were won."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from router.ledger.follow_ups import Seen
from router.policy.shares.share_book import factor_field
from router.routing.portal.services import Services
from tests.world.leads import OWNERS

WINS = {"camille": (200, 20), "hugo": (200, 20), "lea": (200, 80)}


def with_results(services: Services, wins: Mapping[str, tuple[int, int]], *, ago: timedelta) -> None:
    """So many leads of each rep, given so long ago, and so many of them won the day after."""
    at = services.clock() - ago
    for rep, (received, won) in wins.items():
        records = [given(f"{rep}{number}", rep, at=at) for number in range(received)]
        services.ledger.record(records, [])
        services.ledger.follow_ups.note(
            [Seen(one["id"], None, "customer", None, "won", at + timedelta(days=1)) for one in records[:won]],
            at=services.clock(),
        )


def given(contact_id: str, rep: str, *, at: datetime, **more: Any) -> dict[str, Any]:
    outcome = {"kind": "assigned", "rep": rep, "team": "idf", "owner_id": OWNERS[rep]}
    return a_record(contact_id) | {"decided_at": at.isoformat(), "outcome": outcome, **more}


def factors(services: Services) -> dict[str, int]:
    fields, _version = services.store.commits.read_book()
    return {rep: fields.get(factor_field("idf", rep), 0) for rep in WINS}


PORTAL = "4242"


def a_record(contact_id: str = "501", *, episode: int = 0, owner_id: str = "70000001") -> dict[str, Any]:
    return {
        "id": f"{contact_id}-{episode}-abcd",
        "contact_id": contact_id,
        "episode": episode,
        "decided_at": f"2026-11-24T09:1{episode}:00+00:00",
        "revision": "r1",
        "rule": "Grands comptes",
        "outcome": {"kind": "assigned", "rep": "camille", "team": "idf", "owner_id": owner_id},
        "segment": "chaud",
        "grade": "A1",
        "score": 120,
    }


def an_event(kind: str = "written") -> dict[str, Any]:
    return {"at": "2026-11-24T09:15:01+00:00", "kind": kind, "decision": "501-0-abcd", "waited_ms": 140}
