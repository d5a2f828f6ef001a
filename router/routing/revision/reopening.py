"""Leads that somebody else is to get, or under another rule: back into the inbox, if nobody has begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from router.crashpoints import crash_point
from router.hubspot.api.records import HistoryEntry
from router.hubspot.webhooks.touched import IN_BULK
from router.policy.rules.facts import facts_needed, sources_of
from router.policy.rules.policy import Policy
from router.policy.settling.listened import compared
from router.routing.intake.transitions import revised
from router.routing.intake.transitions.apply import apply
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.services import Services
from router.routing.revision.comparing import Compared
from router.routing.revision.sorting import MOST_MOVES
from router.routing.take_back.untouched import ASKED, Histories, touched_since
from router.store.leads.commits import Transition
from router.timestamps import epoch_ms, from_epoch_ms

MOVED_OFTEN: Final = f"it was moved {MOST_MOVES} times already"
BULK: Final = "its facts were changed in bulk"
GONE: Final = "HubSpot does not find it"


def reopen(services: Services, rules: LiveRules, leads: Sequence[Compared]) -> list[Compared]:
    """Have these leads decided once more, like new ones; those that are. The others stay, with an event.

    One call for the histories of at most 50 leads. Raises `HubSpotError` or `redis.RedisError`.
    """
    if not leads:
        return []
    policy, names = rules.policy(), compared(rules.needed())
    ids = [one.changed.state.contact_id for one in leads]
    asked = tuple(dict.fromkeys((*ASKED, *names)))
    found = services.hubspot.read_owner_history(ids, asked, priority="verify")
    crash_point("before_revising")
    told = services.store.notices.were_sent([one.changed.state.decision_id for one in leads])
    now = services.clock()
    steps: list[Transition] = []
    for one in leads:
        state, histories = one.changed.state, found.get(one.changed.state.contact_id)
        why = why_stays(one, histories, names, shadow=policy.mode == "shadow")
        if why is not None or histories is None:
            # What was changed in bulk counts as known: a later change of another kind is revised.
            kept = one.changed.as_kept() if why == BULK else None
            steps.append(revised.not_revised(state, why=why or GONE, kept=kept, now=now))
            continue
        facts = (*one.trigger.facts, *_facts_changed(policy, _changed_names(one, histories, names)))
        was_told = one.trigger.told or state.decision_id in told
        trigger = replace(one.trigger, facts=tuple(dict.fromkeys(facts)), told=was_told)
        steps.append(revised.revising(state, trigger, now=now))
    moved = apply(services, steps)
    crash_point("after_revising")
    return [one for one, step, done in zip(leads, steps, moved, strict=True) if step.announce and done]


def why_stays(
    one: Compared, histories: Histories | None, names: Sequence[str], *, shadow: bool
) -> str | None:
    """Why the lead stays as it is decided, in a few words; None if it may be decided once more."""
    if histories is None:
        return GONE
    if one.kind == "moved" and one.changed.kept.moves >= MOST_MOVES:
        return MOVED_OFTEN
    state = one.changed.state
    owner_id = None if shadow else state.owner_id
    touched = touched_since(_given_at(one), owner_id=owner_id, state=state, histories=histories)
    if touched is not None:
        return touched
    return BULK if _is_in_bulk(_since(one, histories, names)) else None


def _given_at(one: Compared) -> datetime:
    """When its rep got the lead (aware UTC); since when it is known, if no rep has it."""
    given = one.changed.state.assignment
    return from_epoch_ms(int(str(given["at"])) if given else one.changed.kept.since_ms)


def _since(one: Compared, histories: Histories, names: Sequence[str]) -> list[tuple[str, HistoryEntry]]:
    """The changes of these properties after the reading on which the lead was decided."""
    seen_ms = one.changed.kept.seen_ms
    return [
        (name, entry) for name in names for entry in histories.get(name, ()) if epoch_ms(entry.at) > seen_ms
    ]


def _is_in_bulk(changes: Sequence[tuple[str, HistoryEntry]]) -> bool:
    return bool(changes) and all(entry.source_type in IN_BULK for _, entry in changes)


def _changed_names(one: Compared, histories: Histories, names: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name, _ in _since(one, histories, names))


def _facts_changed(policy: Policy, changed: frozenset[str]) -> list[str]:
    """The facts of the rules that are made from these contact properties."""
    return [fact for fact in facts_needed(policy) if not changed.isdisjoint(sources_of(fact)[0])]
