"""The whole story of a lead: what portal, Redis, logs, ledger and processes say of it, moment by moment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from router.ledger import open_ledger
from router.timestamps import epoch_ms
from tests.world.checker import Verdict
from tests.world.commands_sent import commands_about
from tests.world.fleet import PORTAL, Fleet

MOST_LEADS = 3
"""Leads whose story is told when many went wrong."""
AROUND = timedelta(seconds=5)
LOUD = ("warning", "error", "critical")

Line = tuple[float, str, str]
"""Epoch ms, who says it, what."""


def stories(fleet: Fleet, verdict: Verdict, *, also: Sequence[str] = ()) -> str:
    """What happened to the leads that went wrong (`also` to these), at most three of them."""
    wrong = dict.fromkeys([*verdict.overwritten, *verdict.lost, *verdict.two_owners, *also])
    told = [story(fleet, contact_id) for contact_id in [*wrong][:MOST_LEADS]]
    return "\n\n".join([f"{verdict}", *told])


def story(fleet: Fleet, contact_id: str) -> str:
    """Every send, read, claim, kill and line of log that concerns a contact, in the order of time."""
    lines = [
        *_of_portal(fleet, contact_id),
        *((at_ms, "redis", said) for at_ms, said in commands_about(fleet.commands, contact_id)),
        *_of_ledger(fleet, contact_id),
    ]
    if lines:
        begins, ends = min(lines)[0] - epoch(AROUND), max(lines)[0] + epoch(AROUND)
        lines += _of_logs(fleet, contact_id, begins, ends)
        lines += [(at_ms, "process", said) for at_ms, said in fleet.events if begins <= at_ms <= ends]
    told = [f"{_clock(at_ms)} {who:<8} {what}" for at_ms, who, what in sorted(lines)]
    return "\n".join([f"=== lead {contact_id} ===", *told, *_at_the_end(fleet, contact_id)])


def epoch(span: timedelta) -> float:
    """A span in milliseconds."""
    return span.total_seconds() * 1000


def _of_portal(fleet: Fleet, contact_id: str) -> list[Line]:
    lines: list[Line] = []
    for contact in fleet.sandbox.contacts(contact_id):
        lines.append((contact["created_at"], "portal", "created"))
        if contact["announced_at"]:
            lines.append((contact["announced_at"], "portal", "announced"))
    for call in fleet.sandbox.calls_of(contact_id):
        fault = f" fault {call['fault']}" if call["fault"] else ""
        asked = f" owner := {call['asked']!r}" if call["asked"] is not None else ""
        lines.append((call["at_ms"], "portal", f"asked {call['operation']}{asked}{fault}"))
        answered = f" owner {call['answered']!r}" if call["answered"] is not None else ""
        outcome = f"answered {call['operation']} {call['outcome']}{answered}{fault}"
        lines.append((call["answered_ms"], "portal", outcome))
    for write in fleet.sandbox.writes():
        if write["id"] == contact_id:
            change = f"{write['owner_before']!r} -> {write['owner']!r}"
            lines.append((write["at_ms"], "portal", f"APPLIED owner {change}"))
    lines += [
        (one["at_ms"], "person", f"CHOSE {one['owner']!r} ({one['when']})")
        for one in fleet.sandbox.human_choices()
        if one["contact"] == contact_id
    ]
    return lines


def _of_ledger(fleet: Fleet, contact_id: str) -> list[Line]:
    lines: list[Line] = []
    if not fleet.ledger_file.exists():
        return lines
    ledger = open_ledger(f"sqlite:///{fleet.ledger_file}", PORTAL)
    for decision in ledger.decisions_of(contact_id):
        at_ms = epoch_ms(datetime.fromisoformat(decision["decided_at"]))
        outcome = decision["outcome"]
        lines.append((at_ms, "ledger", f"decision {decision['id']} episode {decision['episode']}: {outcome}"))
    for event in ledger.events_of(contact_id):
        at_ms = epoch_ms(datetime.fromisoformat(event.at))
        lines.append((at_ms, "ledger", f"{event.kind} {dict(event.detail)}"))
    ledger.close()
    return lines


def _of_logs(fleet: Fleet, contact_id: str, begins_ms: float, ends_ms: float) -> list[Line]:
    """Lines that name the contact, and every warning of the time around."""
    lines: list[Line] = []
    for path in sorted(fleet.directory.glob("*.log")):
        for text in path.read_text(errors="replace").splitlines():
            try:
                said = json.loads(text)
                at_ms = float(epoch_ms(datetime.fromisoformat(said.pop("timestamp"))))
            except (ValueError, KeyError, AttributeError):
                continue
            concerns = said.get("contact_id") == contact_id or said.get("level") in LOUD
            if concerns and begins_ms <= at_ms <= ends_ms:
                said.pop("portal", None)
                lines.append((at_ms, path.stem, json.dumps(said)[:500]))
    return lines


def _at_the_end(fleet: Fleet, contact_id: str) -> Sequence[str]:
    redis, keys = fleet.redis, fleet.keys
    state = redis.hgetall(keys.lead(contact_id))
    state.pop("changes", None)
    told = [f"in Redis: {state}", f"  due to be verified: {redis.zscore(keys.verify, contact_id)}"]
    for contact in fleet.sandbox.contacts(contact_id):
        told.append("owner history in HubSpot, newest first:")
        told += [f"  {json.dumps(entry)}" for entry in contact["owner_history"]]
    return told


def _clock(at_ms: float) -> str:
    moment = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return moment.strftime("%H:%M:%S.%f")[:-3]
