"""The webhooks that the HubSpot app has to subscribe to, by what a policy needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from router.hubspot.properties import COMPANY, NOT_SUBSCRIBABLE
from router.hubspot.webhooks.webhooks import FOLLOWED
from router.policy.rules.policy import Policy
from router.policy.settling.listened import listened

List: TypeAlias = Literal["crmObjects", "legacyCrmObjects", "hubEvents"]
LISTS: Final[tuple[List, ...]] = ("crmObjects", "legacyCrmObjects", "hubEvents")
"""The lists of subscriptions in an app's file; we need none of the second kind."""
CONTACT: Final = "contact"
_ALWAYS: Final = ("object.creation", "object.deletion", "object.restore", "object.merge")


class Subscription(Struct, frozen=True):
    """One subscription; `object_type` is for `crmObjects` only, `property_name` for property changes only."""

    kind: str
    object_type: str = CONTACT
    property_name: str = ""
    in_list: List = "crmObjects"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.object_type, self.property_name)))

    @property
    def entry(self) -> dict[str, Any]:
        """The subscription as the app's file has it."""
        named = {"objectType": self.object_type, "propertyName": self.property_name}
        return {
            "subscriptionType": self.kind,
            **{key: value for key, value in named.items() if value},
            "active": True,
        }

    @property
    def is_possible(self) -> bool:
        """False for a property whose changes HubSpot does not tell."""
        return self.property_name not in NOT_SUBSCRIBABLE


PRIVACY_DELETION: Final = Subscription("contact.privacyDeletion", object_type="", in_list="hubEvents")


def subscriptions_needed(policy: Policy) -> tuple[Subscription, ...]:
    """All subscriptions for this policy, in a stable order, with those for SLA, outcomes and `settle`.

    Properties that HubSpot tells no changes of are left out.
    """
    facts = listened(policy)
    kinds = (*_ALWAYS, "object.associationChange") if COMPANY in facts else _ALWAYS
    properties = _in_order(FOLLOWED | facts | set(policy.outcomes.properties))
    changes = (Subscription("object.propertyChange", property_name=name) for name in properties)
    return (*map(Subscription, kinds), *(one for one in changes if one.is_possible), PRIVACY_DELETION)


def _in_order(names: Iterable[str]) -> list[str]:
    """Those that every policy needs first, so that a change of the rules moves only a few lines."""
    return sorted(names, key=lambda name: (name not in FOLLOWED, name))
