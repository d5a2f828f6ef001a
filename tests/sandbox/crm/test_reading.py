"""How contacts are read: batches, history, versions, ids that are gone."""

from __future__ import annotations

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, App

BASES = (
    "/crm/v3/objects/contacts",
    "/crm/objects/2026-03/contacts",
    "/crm/objects/2026-09/contacts",
    "/crm/v3/objects/0-1",
)


@pytest.mark.parametrize("base", BASES)
def test_a_batch_read_answers_the_asked_properties_and_the_three_usual_ones(
    sandbox: SandboxClient, app: App, base: str
):
    (contact,) = sandbox.create_exactly([{"email": "a@b.fr", "zip": "01000"}])

    answer = app.read(contact, base=base, properties=["zip", "jobtitle", "no_such_property"])

    assert answer.status_code == 200
    assert answer.json()["status"] == "COMPLETE"
    (record,) = answer.json()["results"]
    assert record["id"] == contact
    assert record["properties"].keys() == {
        *("zip", "jobtitle", "createdate", "lastmodifieddate", "hs_object_id"),
    }
    assert record["properties"]["zip"] == "01000"
    assert record["properties"]["jobtitle"] is None
    assert record["createdAt"].endswith("Z")
    assert "numErrors" not in answer.json()


@pytest.mark.parametrize(("base", "status"), [(BASES[0], 207), (BASES[1], 207), (BASES[2], 200)])
def test_unknown_ids_are_errors_of_a_batch_read(sandbox: SandboxClient, app: App, base: str, status: int):
    known, deleted = sandbox.create_contacts(2)
    sandbox.delete(deleted)

    answer = app.read(known, "404404", deleted, base=base)

    assert answer.status_code == status
    assert [record["id"] for record in answer.json()["results"]] == [known]
    assert answer.json()["numErrors"] == 1
    (error,) = answer.json()["errors"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["context"] == {"ids": ["404404", deleted]}


def test_an_id_twice_refuses_the_batch(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)

    answer = app.read(contact, contact)

    assert answer.status_code == 400
    expected = f"Duplicate IDs found in batch input: [{contact}]. IDs must be unique"
    assert answer.json()["message"] == expected


@pytest.mark.parametrize(
    ("count", "history", "status"), [(100, 0, 200), (101, 0, 400), (50, 1, 200), (51, 1, 400)]
)
def test_a_batch_read_takes_100_ids_or_50_with_history(
    sandbox: SandboxClient, app: App, count: int, history: int, status: int
):
    ids = sandbox.create_contacts(count)

    answer = app.read(*ids, propertiesWithHistory=["hubspot_owner_id"] if history else [])

    assert answer.status_code == status


def test_history_is_newest_first_and_names_who_wrote(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    app.update({contact: {"hubspot_owner_id": CAMILLE}})
    sandbox.edit_by_hand(contact, owner="71480102")

    answer = app.read(contact, propertiesWithHistory=["hubspot_owner_id"])

    (record,) = answer.json()["results"]
    by_hand, by_app = record["propertiesWithHistory"]["hubspot_owner_id"]
    assert (by_hand["value"], by_hand["sourceType"], by_hand["sourceId"]) == (
        *("71480102", "CRM_UI", "userId:25531109"),
    )
    assert by_hand["updatedByUserId"] == 25531109
    assert (by_app["value"], by_app["sourceType"], by_app["sourceId"]) == (CAMILLE, "INTEGRATION", "10457515")
    assert by_hand["timestamp"] > by_app["timestamp"]


def test_the_same_value_again_leaves_no_trace(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    app.update({contact: {"hubspot_owner_id": CAMILLE}})
    app.update({contact: {"hubspot_owner_id": CAMILLE}})

    answer = app.get(f"/crm/v3/objects/contacts/{contact}", propertiesWithHistory="hubspot_owner_id")

    assert len(answer.json()["propertiesWithHistory"]["hubspot_owner_id"]) == 1


def test_a_merged_id_reads_as_the_new_contact_and_cannot_be_batch_updated(sandbox: SandboxClient, app: App):
    loser, winner = sandbox.create_exactly([{"zip": "06000", "city": "Nice"}, {"zip": "75011"}])

    merged = sandbox.merge(loser, into=winner)

    assert merged not in (loser, winner)
    (read,) = app.read(loser, properties=["zip", "city"]).json()["results"]
    assert (read["id"], read["properties"]["zip"], read["properties"]["city"]) == (merged, "75011", "Nice")
    refused = app.update({winner: {"city": "Lyon"}})
    assert refused.status_code == 207
    assert refused.json()["errors"][0]["context"]["ids"] == [winner]


def test_one_contact_that_does_not_exist_is_404(app: App):
    answer = app.get("/crm/v3/objects/contacts/404404")

    assert answer.status_code == 404
    assert answer.json()["category"] == "OBJECT_NOT_FOUND"


def test_companies_and_users_are_read_like_contacts(sandbox: SandboxClient, app: App):
    (company,) = sandbox.create_companies([{"name": "Alpina", "numberofemployees": 120}])
    sandbox.set_availability(CAMILLE, hs_availability_status="away")

    companies = app.read(company, base="/crm/v3/objects/companies", properties=["numberofemployees"])
    users = app.get("/crm/v3/objects/0-115", limit=100, properties="hs_email,hs_availability_status")

    assert companies.json()["results"][0]["properties"]["numberofemployees"] == "120"
    away = {
        user["properties"]["hs_email"]
        for user in users.json()["results"]
        if user["properties"]["hs_availability_status"] == "away"
    }
    assert away == {"camille.durand@acme.fr"}
