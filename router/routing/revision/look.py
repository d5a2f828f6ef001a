"""The look at leads whose facts may have changed: they stay, are refreshed, or are decided once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from router.deadlines import REVISE_HELD, REVISE_SOON
from router.plain import as_plain
from router.routing.intake.late_facts.revisable import next_look_ms
from router.routing.portal.services import Services
from router.routing.revision.brake import within_brake
from router.routing.revision.changes import read_changes
from router.routing.revision.comparing import compare
from router.routing.revision.refreshing import refresh
from router.routing.revision.reopening import reopen
from router.routing.revision.sorting import sort_due
from router.store.leads.leads import LeadState
from router.timestamps import in_ms

AT_A_TIME: Final = 50
"""Leads of one step: HubSpot returns at most this many histories per call."""


class Looked(Struct, frozen=True):
    """Number of leads looked at, of those whose texts were written, and of those to be decided once more.

    `held` would go to somebody else, and the brake holds them.
    """

    looked_at: int = 0
    changed: int = 0
    refreshed: int = 0
    revising: int = 0
    held: int = 0


def look_at_changes(services: Services, *, limit: int = AT_A_TIME) -> Looked:
    """Look at the leads that are due, at most 50; every due lead is taken off the list or put off.

    Calls to HubSpot: one or two reads; one write if texts change, one read of histories if leads are to be
    decided again. Safe to repeat. Raises `HubSpotError`, `NoRules` or `redis.RedisError`; then the rest stays
    due.
    """
    rules = services.rules.held()
    policy, now_ms = rules.policy(), services.now_ms()
    due = services.store.revise.due(now_ms=now_ms, limit=limit)
    if not due:
        return Looked()
    states = services.store.leads.recall(due)
    if policy.settle is None:
        states = {}
    found = sort_due(due, states, shadow=policy.mode == "shadow", now_ms=now_ms)
    services.store.leads.end_revision(found.ended)
    read = read_changes(services, rules, found.to_look_at)
    compared = list(compare(services, rules, read.changed))
    refreshed = refresh(services, [one for one in compared if one.kind in ("same", "refreshed")])
    moves, held = within_brake(services, [one for one in compared if one.kind == "moved"])
    again = reopen(services, rules, [*moves, *(one for one in compared if one.kind == "kept")])
    moved = sum(one.kind == "moved" and bool(one.changed.state.owner_id) for one in again)
    if moved:
        services.store.revision_brake.note(moved, now_ms=now_ms)
    now_ms = services.now_ms()
    until_ms = dict.fromkeys((*found.on_their_way, *read.unread), now_ms + in_ms(REVISE_SOON))
    until_ms |= {one.changed.state.contact_id: now_ms + in_ms(REVISE_HELD) for one in held}
    _schedule(services, due, found.to_look_at, until_ms)
    looked = Looked(len(due), len(read.changed), refreshed, len(again), len(held))
    services.log.info("leads.looked_at_again", **as_plain(looked))
    return looked


def _schedule(
    services: Services, due: Mapping[str, int], looked_at: Mapping[str, LeadState], until_ms: dict[str, int]
) -> None:
    """Put leads off: those in `until_ms`, and those that are looked at once more without an announcement."""
    now = services.clock()
    for one, state in looked_at.items():
        at_ms = next_look_ms(state.revisable, until_ms=state.revise_until_ms, now=now)
        if at_ms is not None:
            until_ms.setdefault(one, at_ms)
    services.store.revise.put_off(due, until_ms=until_ms)
    services.store.revise.looked_at({one: at_ms for one, at_ms in due.items() if one not in until_ms})
