"""Leads that HubSpot did not find: looked for again, until they are found or surely gone.

The causes of a lead's end, and what ends it, stand in `intake/transitions/gone.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

from router.hubspot.api.gateway import Gateway
from router.hubspot.properties import OBJECT_ID
from router.routing.intake.transitions import gone
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.routing.verification.next_look import night_after_ms
from router.store.budget.budget import Priority
from router.store.leads.leads import LeadState, State


def look_for(
    services: Services, states: Mapping[str, LeadState], *, priority: Priority = "verify"
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Look for leads that were not in an answer, one read per 100.

    Returns the ids of those that are gone for good, of those that HubSpot does not find now, and of those
    that were merged into other contacts (`recovery/merges.py` settles them). Raises `HubSpotError` or
    `redis.RedisError`.

    A missing answer is no proof: only HubSpot's own "not found" counts, and only an announced deletion or
    several looks end a lead. Who is found after all, or was not answered for, is in neither set.
    """
    if not states:
        return frozenset(), frozenset(), frozenset()
    answer = services.hubspot.read_contacts(list(states), (OBJECT_ID,), priority=priority)
    merged = [one for one, record in answer.records.items() if record.merged_into is not None]
    absent = [state for one, state in states.items() if answer.missing.get(one) == "gone"]
    now, zone = services.clock(), zone_of(services)
    night_ms = night_after_ms(services.now_ms(), zone=zone)
    transitions = [gone.not_found(state, now=now, night_ms=night_ms) for state in absent if _is_sought(state)]
    apply(services, transitions)
    living = [one for one in merged if states[one].state is not State.GONE]
    services.store.merged.look_again(living, at_ms=services.now_ms())
    ended = {one.contact_id for one in transitions if one.state is State.GONE and not one.keep}
    return frozenset(ended), frozenset(state.contact_id for state in absent), frozenset(merged)


def forgotten_and_gone(hubspot: Gateway, contact_ids: Sequence[str], *, priority: Priority) -> frozenset[str]:
    """Of long finished leads that Redis has forgotten: those that HubSpot, asked again, does not find."""
    answer = hubspot.read_contacts(contact_ids, (OBJECT_ID,), priority=priority)
    return frozenset(one for one, why in answer.missing.items() if why == "gone")


def found_again(services: Services, states: Sequence[LeadState]) -> None:
    """Go on with leads that HubSpot finds again: who was given up is announced, like a new lead."""
    back = [(state.contact_id, services.now_ms()) for state in states if state.state is State.GONE]
    if back:
        services.store.inbox.append(back)
    apply(
        services,
        [gone.found(state) for state in states if state.missing and state.state is not State.GONE],
    )


def zone_of(services: Services) -> tzinfo:
    """The time zone of the company; UTC while no good rules were ever seen."""
    live = services.rules.live
    return live.roster.timezone if live else UTC


def _is_sought(state: LeadState) -> bool:
    """False for a lead that was given up: it is looked for once more, and nothing can be taken from it."""
    return state.state is not State.GONE or state.missing is not None
