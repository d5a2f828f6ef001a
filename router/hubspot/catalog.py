"""What the portal knows, pulled into the pure catalog that rule files are checked against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from router.hubspot.gateway import Gateway
from router.hubspot.records import PortalOwner, PortalProperty
from router.policy.catalog import Catalog, FactType, Option, Owner, Property

OWNER_PROPERTY: Final = "hubspot_owner_id"

TYPES: Final[Mapping[str, FactType]] = {
    "string": FactType.TEXT,
    "phone_number": FactType.TEXT,
    "number": FactType.NUMBER,
    "date": FactType.DATE,
    "datetime": FactType.DATETIME,
    "bool": FactType.BOOL,
    "enumeration": FactType.CHOICE,
}
"""HubSpot's types; what is not here (coordinates, JSON) is text to a rule."""

SEVERAL: Final = "checkbox"
YES_OR_NO: Final = "booleancheckbox"

INTEGERS: Final = frozenset({"numberofemployees", "hs_object_id", "associatedcompanyid", "days_to_close"})
"""Numbers that are whole by meaning. HubSpot's definitions do not say so; its counters begin with `num_`."""


def pull(gateway: Gateway) -> Catalog:
    """Read the portal's properties and owners: four calls on a small portal.

    Raises the errors of `router.hubspot.errors`; a catalog is whole or it is not.
    """
    owners = tuple(sorted((_owner(found) for found in gateway.owners()), key=lambda one: int(one.id)))
    return Catalog(
        contact=_properties(gateway.contact_properties(), owners),
        company=_properties(gateway.company_properties(), owners),
        owners=owners,
    )


def fact_type(found: PortalProperty) -> FactType:
    """What the property's text means to a rule."""
    if found.type == "enumeration" and found.field_type == SEVERAL:
        return FactType.CHOICES
    if found.type == "enumeration" and found.field_type == YES_OR_NO:
        return FactType.BOOL
    return TYPES.get(found.type, FactType.TEXT)


def _properties(found: Iterable[PortalProperty], owners: Iterable[Owner]) -> dict[str, Property]:
    return {one.name: _property(one, owners) for one in sorted(found, key=lambda one: one.name)}


def _property(found: PortalProperty, owners: Iterable[Owner]) -> Property:
    kind = fact_type(found)
    options: tuple[Option, ...] = ()
    if found.name == OWNER_PROPERTY:  # HubSpot keeps these options elsewhere: they are the owners
        options = tuple(Option(one.id, one.name or one.email, one.archived) for one in owners)
    elif kind in (FactType.CHOICE, FactType.CHOICES):
        options = tuple(Option(one.value, one.label, one.hidden) for one in found.options)
    return Property(
        name=found.name,
        label=found.label,
        type=kind,
        options=options,
        integer=kind is FactType.NUMBER and (found.name in INTEGERS or found.name.startswith("num_")),
        read_only=found.read_only,
    )


def _owner(found: PortalOwner) -> Owner:
    return Owner(id=found.id, email=found.email, name=found.name, archived=found.archived)
