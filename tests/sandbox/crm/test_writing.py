"""How contacts are written: what is refused, what changes along, what the checker is told."""

from __future__ import annotations

from typing import Any

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, HUGO, PAUL, App


def test_writing_the_owner_sets_its_date_and_leaves_the_contact_unworked(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)

    answer = app.update({contact: {"hubspot_owner_id": CAMILLE, "hs_lead_status": "NEW"}})

    assert answer.status_code == 200
    found = sandbox.contact(contact)
    assert (found["owner"], found["status"]) == (CAMILLE, "NEW")
    assert found["properties"]["hubspot_owner_assigneddate"] >= found["created"]
    assert found["properties"]["hs_is_unworked"] == "true"
    assert found["owned_at"] >= found["created_at"]


def test_a_touched_contact_is_no_longer_unworked(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    app.update({contact: {"hubspot_owner_id": CAMILLE}})

    sandbox.edit_by_hand(contact, properties={"notes_last_updated": "2099-01-01T00:00:00.000Z"})

    assert sandbox.contact(contact)["properties"]["hs_is_unworked"] == "false"


def test_an_empty_value_clears_the_owner(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_exactly([{"hubspot_owner_id": CAMILLE}])

    app.update({contact: {"hubspot_owner_id": ""}})

    assert sandbox.contact(contact)["owner"] is None


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ({"lead_router_score": "80"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_lead_status": "new"}, "INVALID_OPTION"),
        ({"type_demande": " demo"}, "INVALID_OPTION"),
        ({"hubspot_owner_id": "1"}, "INVALID_OWNER_ID"),
        ({"hubspot_owner_id": "25531101"}, "INVALID_OWNER_ID"),
        ({"hubspot_owner_id": PAUL}, "INVALID_OWNER_ID"),
        ({"notes_last_contacted": "2026-11-21T09:00Z"}, "READ_ONLY_VALUE"),
    ],
)
def test_a_bad_value_refuses_the_whole_batch_and_names_the_property(
    sandbox: SandboxClient, app: App, properties: dict[str, Any], error: str
):
    good, bad = sandbox.create_contacts(2)

    answer = app.update({good: {"hubspot_owner_id": CAMILLE}, bad: properties})

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert answer.json()["message"].startswith("Property values were not valid: [{")
    (mistake,) = answer.json()["errors"]
    assert mistake["code"] == error
    assert mistake["context"]["propertyName"] == list(properties)
    assert sandbox.contact(good)["owner"] is None


def test_with_per_record_validation_only_the_bad_record_fails(sandbox: SandboxClient, app: App):
    sandbox.settings(validation="per_record")
    good, bad = sandbox.create_contacts(2)

    answer = app.update({good: {"hubspot_owner_id": CAMILLE}, bad: {"hs_lead_status": "HOT"}})

    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"]["ids"] == [bad]
    assert sandbox.contact(good)["owner"] == CAMILLE


def test_unknown_ids_do_not_stop_the_others(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)

    answer = app.update({contact: {"hubspot_owner_id": CAMILLE}, "404404": {"hubspot_owner_id": HUGO}})

    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"]["ids"] == ["404404"]
    assert sandbox.contact(contact)["owner"] == CAMILLE


def test_an_archived_owner_can_no_longer_be_given_a_contact(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.archive_owner(CAMILLE)

    answer = app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert answer.status_code == 400


def test_lifecyclestage_moves_forward_only(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_exactly([{"lifecyclestage": "opportunity"}])

    backward = app.patch(
        f"/crm/v3/objects/contacts/{contact}", {"properties": {"lifecyclestage": "lead", "city": "Brest"}}
    )

    assert backward.status_code == 200
    properties = sandbox.contact(contact)["properties"]
    assert (properties["lifecyclestage"], properties["city"]) == ("opportunity", "Brest")


def test_a_contact_created_by_the_api_has_an_id_and_its_email_only_once(app: App):
    body = {"properties": {"email": "jeanne@boulanger-sa.fr", "type_demande": "demo"}}

    created, again = app.post("/crm/v3/objects/contacts", body), app.post("/crm/v3/objects/contacts", body)

    assert created.status_code == 201
    assert created.json()["properties"]["email"] == "jeanne@boulanger-sa.fr"
    assert again.status_code == 409
    assert again.json()["message"] == f"Contact already exists. Existing ID: {created.json()['id']}"


def test_a_batch_create_makes_all_or_none(sandbox: SandboxClient, app: App):
    good, bad = {"properties": {"email": "a@b.fr"}}, {"properties": {"hs_lead_status": "HOT"}}
    path = "/crm/v3/objects/contacts/batch/create"

    refused, made = app.post(path, {"inputs": [good, bad]}), app.post(path, {"inputs": [good]})

    assert (refused.status_code, made.status_code) == (400, 201)
    assert sandbox.health()["contacts"] == 1


def test_a_deleted_contact_is_gone_and_deleting_it_again_is_fine(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    path = f"/crm/v3/objects/contacts/{contact}"

    assert [app.delete(path).status_code for _ in range(2)] == [204, 204]
    assert app.get(path).status_code == 404


def test_a_contact_can_be_as_old_as_a_test_wants(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_exactly(
        [{"createdate": "2026-11-01T09:00:00.000Z", "hubspot_owner_id": HUGO}]
    )

    answer = app.read(contact, properties=["hubspot_owner_assigneddate"])

    (record,) = answer.json()["results"]
    assert record["createdAt"] == "2026-11-01T09:00:00.000Z"
    assert record["properties"]["hubspot_owner_assigneddate"] == "2026-11-01T09:00:00.000Z"


def test_the_checker_sees_every_write(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    app.update({contact: {"hubspot_owner_id": CAMILLE}})
    app.update({contact: {"hubspot_owner_id": HUGO}})

    writes = [(write["id"], write["owner_before"], write["owner"]) for write in sandbox.writes()]

    assert writes == [(contact, None, CAMILLE), (contact, CAMILLE, HUGO)]
    assert sandbox.calls()["endpoints"] == {"contacts/batch/update": {"200": 2}}
