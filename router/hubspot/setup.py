"""The setup of a portal: which of our own properties it lacks, and their creation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from router.hubspot.api.errors import Refused
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import PortalProperty
from router.hubspot.properties import DECISION_ID, DUE_AT, GRADE, GROUP, REASON, RULE, SCORE, SEGMENT

GROUP_LABEL: Final = "Lead Router"


class OurProperty(Struct, frozen=True):
    """A contact property that the router writes, in HubSpot's words for its type."""

    name: str
    label: str
    type: str
    field_type: str
    description: str


OURS: Final = (
    OurProperty(
        REASON,
        "Routing reason",
        "string",
        "textarea",
        "Why this rep has this lead, step by step.",
    ),
    OurProperty(RULE, "Routing rule", "string", "text", "The rule that decided."),
    OurProperty(SCORE, "Routing score", "number", "number", "The points when it was routed."),
    OurProperty(GRADE, "Routing grade", "string", "text", "Fit and engagement, A1 to C3."),
    OurProperty(SEGMENT, "Routing segment", "string", "text", "Hot, warm or cold."),
    OurProperty(DUE_AT, "First contact due", "datetime", "date", "By when the rep is to act on it."),
    OurProperty(DECISION_ID, "Routing decision", "string", "text", "Finds the decision in the ledger."),
)


class SetupPlan(Struct, frozen=True):
    """The properties to create. `conflicts` are sentences; with any of them nothing is created."""

    create_group: bool
    create: tuple[OurProperty, ...]
    conflicts: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """True when the portal has everything."""
        return not (self.create_group or self.create or self.conflicts)


def setup_plan(properties: Iterable[PortalProperty], groups: Iterable[str]) -> SetupPlan:
    """Compare the portal's properties and groups with ours: pure; an empty plan is a normal answer."""
    existing = {found.name: found for found in properties}
    missing = tuple(ours for ours in OURS if ours.name not in existing)
    conflicts = tuple(
        f"Contact property {ours.name} exists with type {existing[ours.name].type}, and the router writes "
        f"{ours.type}; rename or delete it in HubSpot, then run the setup again."
        for ours in OURS
        if ours.name in existing and existing[ours.name].type != ours.type
    )
    return SetupPlan(bool(missing) and GROUP not in groups, missing, conflicts)


def plan_for(gateway: Gateway) -> SetupPlan:
    """The plan for this portal as it is now: two calls."""
    return setup_plan(gateway.contact_properties(), gateway.contact_property_groups())


def apply(gateway: Gateway, plan: SetupPlan) -> None:
    """Create what the plan says. Safe to repeat with a fresh plan after any error.

    Raises `Refused` with every conflict, before anything is created.
    """
    if plan.conflicts:
        raise Refused("\n".join(plan.conflicts), category="PROPERTY_CONFLICT")
    if plan.create_group:
        gateway.create_property_group(GROUP, label=GROUP_LABEL)
    for ours in plan.create:
        gateway.create_property(
            ours.name,
            label=ours.label,
            group=GROUP,
            kind=ours.type,
            field_type=ours.field_type,
            description=ours.description,
        )
