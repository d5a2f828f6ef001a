"""The portal's words become the catalog's, and the portal gets the properties that we write."""

from __future__ import annotations

import pytest

from router.hubspot.api.errors import Refused
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import PortalProperty
from router.hubspot.setup import OURS, SetupPlan, apply, setup_plan
from router.policy.leads.catalog import FactType
from router.rulefiles.words.catalog_file import fact_type
from tests.world.responder import Responder, json_reply


def a_property(name: str, *, kind: str = "string", field_type: str = "text") -> PortalProperty:
    return PortalProperty(name, name, kind, field_type, (), read_only=False)


@pytest.mark.parametrize(
    ("kind", "field_type", "expected"),
    [
        ("string", "textarea", FactType.TEXT),
        ("phone_number", "phonenumber", FactType.TEXT),
        ("number", "number", FactType.NUMBER),
        ("date", "date", FactType.DATE),
        ("datetime", "date", FactType.DATETIME),
        ("bool", "booleancheckbox", FactType.BOOL),
        ("enumeration", "booleancheckbox", FactType.BOOL),
        ("enumeration", "select", FactType.CHOICE),
        ("enumeration", "radio", FactType.CHOICE),
        ("enumeration", "checkbox", FactType.CHOICES),
        ("object_coordinates", "text", FactType.TEXT),
    ],
)
def test_a_facts_type_comes_from_the_propertys(kind: str, field_type: str, expected: FactType) -> None:
    assert fact_type(kind, field_type) is expected


def test_a_new_portal_lacks_everything() -> None:
    plan = setup_plan([a_property("email")], ["contactinformation"])

    assert plan == SetupPlan(create_group=True, create=OURS)


def test_only_what_is_missing_is_created() -> None:
    existing = [a_property(ours.name, kind=ours.type) for ours in OURS[:-1]]

    plan = setup_plan(existing, ["lead_router"])

    assert plan == SetupPlan(create_group=False, create=OURS[-1:])


def test_a_portal_that_has_everything_is_done() -> None:
    existing = [a_property(ours.name, kind=ours.type) for ours in OURS]

    assert setup_plan(existing, []).is_done


def test_a_property_of_another_type_refuses_the_setup_before_anything_is_created(
    gateway: Gateway, responder: Responder
) -> None:
    responder.replies(json_reply({}))
    plan = setup_plan([a_property("lead_router_score", kind="string")], [])

    with pytest.raises(Refused, match="lead_router_score exists with type string"):
        apply(gateway, plan)

    assert not responder.seen
