"""Every body that the product sends has what HubSpot's published OpenAPI requires, and asks for no names.

The official client's models carry the required fields of that OpenAPI; they are compared with what arrives.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hubspot.crm import contacts, objects, properties

from router.hubspot.api.gateway import Gateway
from router.sandbox.http.errors import Refused
from router.sandbox.http.required import NESTED, REQUIRED, check_required
from tests.world.responder import Responder, json_reply

ANSWER = {"status": "COMPLETE", "results": [], "total": 0}

READ = (contacts, "BatchReadInputSimplePublicObjectId")
SEARCH = (contacts, "PublicObjectSearchRequest")
Call = Callable[[Gateway], object]
CALLS: dict[str, tuple[tuple[Any, str], list[Call]]] = {
    "read_contacts": (
        READ,
        [lambda hubspot: hubspot.read_contacts(["1"], ["city"]), lambda one: one.read_contacts(["1"], ())],
    ),
    "read_companies": (
        READ,
        [lambda hubspot: hubspot.read_companies(["1"], ["city"]), lambda one: one.read_companies(["1"], ())],
    ),
    "read_owner_history": (READ, [lambda hubspot: hubspot.read_owner_history(["1"])]),
    "read_with_history": (
        READ,
        [lambda hubspot: hubspot.read_with_history(["1"], ["city"], ["hs_lead_status"], priority="verify")],
    ),
    "update_contacts": (
        (contacts, "BatchInputSimplePublicObjectBatchInput"),
        [lambda hubspot: hubspot.update_contacts({"1": {"city": "Lyon"}})],
    ),
    "search_contacts": (
        SEARCH,
        [
            lambda hubspot: hubspot.search_contacts([], ()),
            lambda hubspot: hubspot.search_contacts(
                [[{"propertyName": "city", "operator": "EQ", "value": "x"}]], ("city",)
            ),
        ],
    ),
    "count_contacts": (
        SEARCH,
        [lambda hubspot: hubspot.count_contacts([{"propertyName": "city", "operator": "HAS_PROPERTY"}])],
    ),
    "create_property_group": (
        (properties, "PropertyGroupCreate"),
        [lambda hubspot: hubspot.create_property_group("lead_router", label="Lead Router")],
    ),
    "create_property": (
        (properties, "PropertyCreate"),
        [
            lambda hubspot: hubspot.create_property(
                "why", label="Why", group="lead_router", kind="string", field_type="text", description=""
            )
        ],
    ),
    "create_task": (
        (objects, "SimplePublicObjectInputForCreate"),
        [
            lambda hubspot: hubspot.create_task(
                "1", owner_id="7", subject="Call", body="Now", due_at=datetime(2026, 11, 24, tzinfo=UTC)
            )
        ],
    ),
}
WITHOUT_BODY = {
    *("owners", "ask_for_date", "read_users", "contact_properties", "company_properties"),
    "contact_property_groups",
}


def shortcomings(package: Any, model: str, body: dict[str, Any]) -> list[str]:
    """What the model of the official client would not take: fields that are missing, or unknown."""
    kind = getattr(package, model)
    names: dict[str, str] = {wire: name for name, wire in kind.attribute_map.items()}
    required = required_of(package, model)
    found = [f"{model}.{name} is missing" for name in required if body.get(name) is None]
    for name, value in body.items():
        if name not in names:
            found.append(f"{model}.{name} is unknown")
            continue
        inner = re.sub(r"^list\[(\w+)\]$", r"\1", kind.openapi_types[names[name]])
        if hasattr(package, inner):
            for one in value if isinstance(value, list) else [value]:
                # The client types a sort as text; HubSpot's guide gives it as an object.
                found += shortcomings(package, inner, one) if isinstance(one, dict) else []
    return found


def required_of(package: Any, model: str) -> list[str]:
    """The wire names of the model's required fields: those whose setter refuses None."""
    kind = getattr(package, model)
    refused = re.findall(r"and (\w+) is None:", inspect.getsource(kind))
    return [kind.attribute_map[name] for name in refused]


@pytest.mark.parametrize("name", CALLS)
def test_every_body_has_what_the_published_openapi_requires(
    gateway: Gateway, responder: Responder, name: str
) -> None:
    responder.replies(json_reply(ANSWER))
    (package, model), calls = CALLS[name]

    for call in calls:
        call(gateway)

    assert len(responder.seen) == len(calls)
    for seen in responder.seen:
        assert shortcomings(package, model, seen.body) == []


def test_no_call_that_sends_a_body_is_left_out() -> None:
    public = {name for name, one in vars(Gateway).items() if callable(one) and not name.startswith("_")}

    assert public == CALLS.keys() | WITHOUT_BODY


@pytest.mark.parametrize("name", [name for name, (model, _) in CALLS.items() if model in (READ, SEARCH)])
def test_properties_are_always_named_because_none_makes_hubspot_send_names_and_mails(
    gateway: Gateway, responder: Responder, name: str
) -> None:
    responder.replies(json_reply(ANSWER))

    for call in CALLS[name][1]:
        call(gateway)

    for seen in responder.seen:
        assert seen.body["properties"]
        assert not {"firstname", "lastname", "email"} & set(seen.body["properties"])


@pytest.mark.parametrize("name", ["search_contacts", "count_contacts"])
def test_a_search_always_names_its_sorts(gateway: Gateway, responder: Responder, name: str) -> None:
    responder.replies(json_reply(ANSWER))

    for call in CALLS[name][1]:
        call(gateway)

    assert all(isinstance(seen.body["sorts"], list) for seen in responder.seen)


@pytest.mark.parametrize(
    ("endpoint", "package", "model", "element"),
    [
        ("batch/read", contacts, "BatchReadInputSimplePublicObjectId", ("inputs", "SimplePublicObjectId")),
        (
            "batch/update",
            contacts,
            "BatchInputSimplePublicObjectBatchInput",
            ("inputs", "SimplePublicObjectBatchInput"),
        ),
        ("create", objects, "SimplePublicObjectInputForCreate", None),
        ("update", contacts, "SimplePublicObjectInput", None),
        ("properties/create", properties, "PropertyCreate", None),
        ("groups/create", properties, "PropertyGroupCreate", None),
    ],
)
def test_the_sandbox_requires_what_the_published_openapi_requires(
    endpoint: str, package: Any, model: str, element: tuple[str, str] | None
) -> None:
    assert REQUIRED[endpoint].keys() == set(required_of(package, model))
    if element is not None:
        assert REQUIRED[endpoint][element[0]].keys() == set(required_of(package, element[1]))


def test_the_sandbox_requires_what_filters_and_associations_need() -> None:
    (filters,) = NESTED["search"]["filterGroups"].values()
    association = NESTED["create"]["associations"]

    assert filters.keys() == set(required_of(contacts, "Filter"))
    assert association.keys() == set(required_of(objects, "PublicAssociationsForObject"))
    assert association["types"].keys() == set(required_of(objects, "AssociationSpec"))


@pytest.mark.parametrize(
    ("endpoint", "body", "named"),
    [
        ("contacts/batch/read", {"inputs": [{"id": "1"}], "properties": []}, "[propertiesWithHistory]"),
        ("contacts/batch/read", {"properties": [], "propertiesWithHistory": []}, "[inputs]"),
        ("contacts/batch/update", {"inputs": [{"id": "1"}, {"properties": {}}]}, "[properties, id]"),
        ("contacts/search", {"filterGroups": [{"filters": [{"propertyName": "city"}]}]}, "[operator]"),
        ("contacts/create", {}, "[properties]"),
        ("properties/contacts/create", {"name": "why", "label": "Why"}, "[type, fieldType, groupName]"),
    ],
)
def test_the_sandbox_refuses_a_body_without_a_required_field(
    endpoint: str, body: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refused, match=re.escape(f"Some required fields were not set: {named}")):
        check_required(endpoint, "contacts", body)
