"""What the portal tells about itself: owners, properties, groups, account."""

from __future__ import annotations

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, PAUL, App


@pytest.mark.parametrize("path", ["/crm/v3/owners", "/crm/owners/2026-03"])
def test_owners_come_in_pages_and_the_archived_ones_apart(app: App, path: str):
    first = app.get(path, limit=6).json()
    second = app.get(path, limit=6, after=first["paging"]["next"]["after"]).json()
    archived = app.get(path, archived="true").json()["results"]

    emails = [owner["email"] for owner in first["results"] + second["results"]]
    assert len(set(emails)) == 9
    assert "claire.manager@acme.fr" in emails
    assert "paging" not in second
    assert [(owner["id"], owner["email"], owner["userId"]) for owner in archived] == [
        (PAUL, "paul.ancien@acme.fr", None)
    ]


def test_an_owner_is_found_by_email_and_has_another_user_id(app: App):
    (owner,) = app.get("/crm/v3/owners", email="camille.durand@acme.fr").json()["results"]

    assert owner["id"] == CAMILLE
    assert str(owner["userId"]) != owner["id"]
    assert app.get(f"/crm/v3/owners/{owner['userId']}", idProperty="userId").json()["id"] == CAMILLE


def test_an_owner_archived_by_a_test_leaves_the_list(sandbox: SandboxClient, app: App):
    sandbox.archive_owner(CAMILLE)

    ids = [owner["id"] for owner in app.get("/crm/v3/owners").json()["results"]]

    assert CAMILLE not in ids


@pytest.mark.parametrize("path", ["/crm/v3/properties/contacts", "/crm/properties/2026-03/contacts"])
def test_properties_carry_their_options(app: App, path: str):
    known = {prop["name"]: prop for prop in app.get(path).json()["results"]}

    statuses = [option["value"] for option in known["hs_lead_status"]["options"]]
    assert statuses[:3] == ["NEW", "OPEN", "IN_PROGRESS"]
    assert "NO" in [option["value"] for option in known["hs_country_region_code"]["options"]]
    assert known["produit_interesse"]["fieldType"] == "checkbox"
    assert known["hubspot_owner_id"]["externalOptions"] is True
    assert known["hubspot_owner_assigneddate"]["modificationMetadata"]["readOnlyValue"] is True
    assert not [name for name in known if name.startswith("lead_router")]


def test_a_property_group_and_a_property_are_created_once(app: App):
    group = {"name": "lead_router", "label": "Lead Router"}
    prop = {"name": "lead_router_score", "label": "Score", "type": "number", "fieldType": "number"}
    prop["groupName"] = "lead_router"
    groups, properties = "/crm/v3/properties/contacts/groups", "/crm/v3/properties/contacts"

    assert app.post(properties, prop).status_code == 400
    assert [app.post(groups, group).status_code for _ in range(2)] == [201, 409]
    assert [app.post(properties, prop).status_code for _ in range(2)] == [201, 409]
    assert app.get(f"{properties}/lead_router_score").json()["type"] == "number"
    assert app.get(f"{properties}/lead_router_reason").status_code == 404
    assert "lead_router" in [one["name"] for one in app.get(groups).json()["results"]]


def test_a_new_property_can_be_written(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    options = [{"label": "Chaud", "value": "chaud"}, {"label": "Froid", "value": "froid"}]
    prop = {"name": "lead_router_segment", "label": "Segment", "type": "enumeration", "fieldType": "select"}
    app.post("/crm/v3/properties/contacts", {**prop, "groupName": "contactinformation", "options": options})

    good = app.update({contact: {"lead_router_segment": "chaud"}})
    bad = app.update({contact: {"lead_router_segment": "tiede"}})

    assert (good.status_code, bad.status_code) == (200, 400)
    assert sandbox.contact(contact)["properties"]["lead_router_segment"] == "chaud"


def test_a_batch_of_properties_makes_those_that_are_missing(app: App):
    known = {
        "name": "email",
        "label": "E-mail",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    new = {**known, "name": "lead_router_rule"}

    answer = app.post("/crm/v3/properties/contacts/batch/create", {"inputs": [known, new]})

    assert answer.status_code == 207
    assert [prop["name"] for prop in answer.json()["results"]] == ["lead_router_rule"]


def test_the_account_names_its_portal(app: App):
    account = app.get("/account-info/v3/details").json()

    assert (account["portalId"], account["timeZone"]) == (49645859, "Europe/Paris")


def test_a_path_that_hubspot_does_not_have_is_404(app: App):
    assert app.get("/crm/v9/nothing").json()["message"] == "resource not found"
