"""The contact properties whose change can make a policy decide otherwise: those that we listen for."""

from __future__ import annotations

from typing import Final

from router.hubspot.properties import COMPANY, CREATED, MODIFIED, NOT_SUBSCRIBABLE
from router.policy.leads.settle import is_ours
from router.policy.rules.facts import properties_read
from router.policy.rules.policy import Policy

_NEVER_HEARD: Final = frozenset((CREATED, MODIFIED, *NOT_SUBSCRIBABLE))
"""The date of creation does not change, every write of ours changes the next, the others have no webhook."""


def listened(policy: Policy) -> frozenset[str]:
    """The properties that this policy reads for facts or for `sticky`, without those that we write ourselves.

    A change of the company is the name `associatedcompanyid`. Empty while no `settle` is written.
    """
    if policy.settle is None:
        return frozenset()
    read = properties_read(policy)
    names = {*read.contact, COMPANY} if read.company else set(read.contact)
    return frozenset(name for name in names if name not in _NEVER_HEARD and not is_ours(name))
