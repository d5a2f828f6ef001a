"""The contact properties whose change can make a policy decide otherwise: compared, and listened for."""

from __future__ import annotations

from typing import Final

from router.hubspot.properties import COMPANY, CREATED, MODIFIED, NOT_SUBSCRIBABLE
from router.policy.leads.settle import is_ours
from router.policy.rules.facts import Needed, properties_read
from router.policy.rules.policy import Policy

_SAY_NOTHING: Final = frozenset((CREATED, MODIFIED))
"""The first never changes; the second changes with every write of ours."""


def compared(needed: Needed) -> tuple[str, ...]:
    """The contact properties that a revision compares, sorted: those that rules read and we do not write.

    Where rules name the company it is one of them, as `associatedcompanyid`.
    """
    read = (*needed.contact, COMPANY) if needed.company else needed.contact
    return tuple(sorted({name for name in read if name not in _SAY_NOTHING and not is_ours(name)}))


def listened(policy: Policy) -> frozenset[str]:
    """Those of the compared properties whose changes HubSpot tells; empty while no `settle` is written."""
    if policy.settle is None:
        return frozenset()
    return frozenset(compared(properties_read(policy))).difference(NOT_SUBSCRIBABLE)
