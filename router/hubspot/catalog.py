"""Pulling the portal's properties and owners into the pure catalog that rule files are checked against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import PortalOwner, PortalProperty
from router.hubspot.properties import COMPANY, DAYS_TO_CLOSE, EMPLOYEES, OBJECT_ID, OWNER
from router.policy.leads.catalog import Catalog, FactType, Option, Owner, Property
from router.rulefiles.words.catalog_file import fact_type
from router.store.budget.budget import Priority

INTEGERS: Final = frozenset({EMPLOYEES, OBJECT_ID, COMPANY, DAYS_TO_CLOSE})
"""Numbers that are whole by meaning. HubSpot's definitions do not say so; its counters begin with `num_`."""


def pull_catalog(gateway: Gateway, *, priority: Priority = "lead") -> Catalog:
    """Read the portal's properties and owners: four calls on a small portal.

    Raises the errors of `router.hubspot.api.errors`; then there is no catalog, never half of one.
    """
    owners = tuple(
        sorted((_owner(found) for found in gateway.owners(priority=priority)), key=lambda one: int(one.id))
    )
    return Catalog(
        contact=_properties(gateway.contact_properties(priority=priority), owners),
        company=_properties(gateway.company_properties(priority=priority), owners),
        owners=owners,
    )


def _properties(found: Iterable[PortalProperty], owners: Iterable[Owner]) -> dict[str, Property]:
    return {one.name: _property(one, owners) for one in sorted(found, key=lambda one: one.name)}


def _property(found: PortalProperty, owners: Iterable[Owner]) -> Property:
    kind = fact_type(found.type, found.field_type)
    options: tuple[Option, ...] = ()
    if found.name == OWNER:  # HubSpot keeps these options elsewhere: they are the owners
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
