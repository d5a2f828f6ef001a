"""The owner histories of leads, and in the same call whether the facts of their decisions have changed."""

from __future__ import annotations

from collections.abc import Mapping

from router.hubspot.api.records import HistoryEntry
from router.policy.settling.listened import compared
from router.routing.intake.late_facts.revisable import what_was_read
from router.routing.portal.services import Services
from router.routing.verification.owner_history import HISTORIES
from router.store.leads.leads import LeadState

Histories = Mapping[str, tuple[HistoryEntry, ...]]
"""Property → its values, newest first."""


def read_histories(services: Services, states: Mapping[str, LeadState]) -> Mapping[str, Histories]:
    """The owner histories of these leads (at most 50), by contact id. One call. Raises `HubSpotError`.

    A lead whose facts are not those of its decision is looked at again soon. A contact that HubSpot does not
    answer for is absent.
    """
    names = _compared(services) if any(state.revisable for state in states.values()) else ()
    if not names:
        return services.hubspot.read_owner_history(list(states), HISTORIES, priority="verify")
    found = services.hubspot.read_with_history(list(states), names, HISTORIES, priority="verify")
    changed = [
        one
        for one, (record, _) in found.items()
        if (kept := states[one].revisable) and what_was_read(record.properties, names) != kept.read
    ]
    services.store.revise.look_again(changed, at_ms=services.now_ms())
    return {one: histories for one, (_, histories) in found.items()}


def _compared(services: Services) -> tuple[str, ...]:
    """The properties that the live rules read; none while no good rules were ever seen."""
    return () if services.rules.live is None else compared(services.rules.needed())
