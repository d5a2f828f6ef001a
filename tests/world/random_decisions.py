"""Random decisions of two teams for properties of reports, as the ledger records them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

REPS = {"sales": ("anna", "ben", "carl"), "care": ("dora", "emil")}
REASONS = (
    "on leave until 25 Nov",
    "at capacity (max_open_leads)",
    "away until 2 Dec",
    "outside working hours",
)


def random_decisions(random: Random, *, leads: int, since: datetime, days: int) -> list[dict[str, Any]]:
    """Records in order; some come together, some release or lose the lead of an earlier one."""
    moments = sorted(since + timedelta(seconds=random.randrange(days * 86_400)) for _ in range(leads))
    records: list[dict[str, Any]] = []
    for number, at in enumerate(moments):
        if records and random.random() < 0.2:
            at = datetime.fromisoformat(records[-1]["decided_at"])  # of the same batch
        before = random.choice(records) if records and random.random() < 0.15 else None
        if before is not None and any(
            one["contact_id"] == before["contact_id"] and one["episode"] > before["episode"]
            for one in records
        ):
            before = None
        records.append(_record(random, number, at, before))
    return records


def random_events(random: Random, records: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    """Events that refund some of these decisions, soon or days later."""
    kinds = ("taken_by_a_person", "not_reassigned", "restored", "gone", "owner_refused", "written")
    return [
        (
            f"{number}-1",
            record["contact_id"],
            {
                "at": _later(random, record["decided_at"]),
                "kind": random.choice(kinds),
                "decision": record["id"],
            },
        )
        for number, record in enumerate(records)
        if random.random() < 0.15
    ]


def _later(random: Random, moment: str) -> str:
    return (datetime.fromisoformat(moment) + timedelta(minutes=random.choice((1, 60, 5_000)))).isoformat()


def _revised(before: dict[str, Any]) -> dict[str, Any]:
    rep, owner_id = before["outcome"].get("rep"), before["outcome"].get("owner_id", "")
    held = {"owner_id": owner_id, "rep": rep, "due_at": before["due_at"], "told": False}
    return {"kind": "revised", **held, "facts": ["country"], "paid": before["book_changes"]}


def _record(random: Random, number: int, at: datetime, before: dict[str, Any] | None) -> dict[str, Any]:
    contact_id, episode = (
        (before["contact_id"], before["episode"] + 1) if before else (str(1_000 + number), 0)
    )
    team = random.choice(tuple(REPS))
    there = [rep for rep in REPS[team] if random.random() < 0.8]
    unit, value = ("points", random.randint(1, 90)) if random.random() < 0.2 else ("leads", 1)
    field = "credit" if unit == "leads" else "points"
    away = [rep for rep in REPS[team] if rep not in there and random.random() < 0.3]
    shares = [[rep, random.choice((500, 1000, 1700)), random.randrange(-3, 3), 0] for rep in there]
    outcome: dict[str, Any] = {"kind": "queued", "team": team, "why": None}
    if there and random.random() < 0.9:
        outcome = {"kind": "assigned", "rep": random.choice(there), "owner_id": "7", "team": team}
    trigger = None
    if before is not None:
        paid = {"credit:sales:anna": -1} if random.random() < 0.7 else {}
        trigger = {"kind": "released", "rep": "anna", "team": team, "why": "no", "paid": paid}
        if random.random() < 0.5:
            trigger = _revised(before)
    changes = {f"{field}:{team}:{rep}": random.randrange(-9, 9) for rep in there}
    changes |= {f"{field}:{team}:{rep}": 3 for rep in away if random.random() < 0.5}
    if trigger is not None and trigger["kind"] == "revised" and random.random() < 0.5:
        changes = {"open:anna": 0}  # the lead stays, and costs the same
    return {
        "id": f"{contact_id}-{episode}-{random.randrange(16**6):06x}",
        "contact_id": contact_id,
        "episode": episode,
        "decided_at": at.isoformat(),
        "revision": random.choice(("r1", "r2")),
        "facts": {},
        "fit": 1,
        "engagement": 1,
        "score": random.randrange(120),
        "grade": "A1",
        "segment": "hot",
        "rule": "all",
        "rule_line": 1,
        "outcome": outcome,
        "status": None,
        "due_at": (at + timedelta(hours=random.choice((1, 30)))).isoformat(),
        "reason": "",
        "shares": shares,
        "away": [[rep, 1000, 0, 0] for rep in away],
        "passed_over": [[rep, random.choice(REASONS)] for rep in REPS[team] if rep not in there],
        "book_changes": changes,
        **({"worth": [unit, value, 90]} if unit == "points" else {}),
        "mode": "shadow" if random.random() < 0.1 else "live",
        "inputs": {
            "book": {},
            "reps": {},
            "account_owner": None,
            "excluded": [],
            **({"occasion": trigger} if trigger else {}),
        },
    }
