"""Which of the leads that are due to be looked at can be revised now, later, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from router.store.leads.leads import LeadState, State

ON_ITS_WAY: Final = frozenset({State.WAITING, State.DECIDED, State.WRITTEN, State.REOPENED})
"""States of a lead that is decided, written or verified within moments: it is looked at then."""
MOST_MOVES: Final = 2
"""Revisions that may give a lead to somebody else."""
_CAN_BE_REVISED: Final = frozenset({State.DONE, State.QUEUED})


class DueLeads(Struct, frozen=True):
    """Due leads: those to look at by contact id, those that are on their way, and all others.

    Of the others, `ended` could be revised until now.
    """

    to_look_at: Mapping[str, LeadState]
    on_their_way: tuple[str, ...]
    off: tuple[str, ...]
    ended: tuple[str, ...] = ()


def sort_due(due: Iterable[str], states: Mapping[str, LeadState], *, shadow: bool, now_ms: int) -> DueLeads:
    """The due contacts by what is remembered of them; `shadow`: nothing is written to HubSpot."""
    to_look_at: dict[str, LeadState] = {}
    on_their_way, off = [], []
    for contact_id in due:
        state = states.get(contact_id)
        if state is not None and state.state in ON_ITS_WAY:
            on_their_way.append(contact_id)
        elif state is not None and can_be_revised(state, shadow=shadow, now_ms=now_ms):
            to_look_at[contact_id] = state
        else:
            off.append(contact_id)
    ended = [one for one in off if (state := states.get(one)) and _has_ended(state, now_ms=now_ms)]
    return DueLeads(to_look_at, tuple(on_their_way), tuple(off), tuple(ended))


def can_be_revised(state: LeadState, *, shadow: bool, now_ms: int) -> bool:
    """Whether the lead's decision is ours, verified, not too old, and no claim."""
    expected = {State.SHADOW} if shadow else _CAN_BE_REVISED
    is_claimed = bool(state.owner_id and state.queue)
    return (
        state.state in expected
        and state.revisable is not None
        and now_ms < state.revise_until_ms
        and not is_claimed
    )


def _has_ended(state: LeadState, *, now_ms: int) -> bool:
    return state.revisable is not None and state.revise_until_ms <= now_ms
