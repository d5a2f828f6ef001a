"""What comes after a contact: form steps, imports and bulk edits, its company."""

from __future__ import annotations

from typing import Any

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import App, Endpoint
from tests.world.time import wait_for

STEP = {"properties": {"zip": "75011", "country": "France"}, "after_s": 0.05}


def of(endpoint: Endpoint, kind: str) -> list[dict[str, Any]]:
    return [event for event in endpoint.events if event["subscriptionType"].endswith(f".{kind}")]


def test_a_form_in_two_steps_brings_the_rest_later(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url, properties=["country"])

    (contact,) = sandbox.create_exactly([{"email": "a@acier.fr"}], late=[[STEP]], source="FORM")
    assert "country" not in sandbox.contact(contact)["properties"]
    endpoint.wait_until(lambda e: bool(of(e, "propertyChange")))

    (creation,), (change,) = of(endpoint, "creation"), of(endpoint, "propertyChange")
    assert (creation["changeSource"], change["changeSource"]) == ("FORM", "FORM")
    assert (change["objectId"], change["propertyName"]) == (int(contact), "country")
    assert sandbox.contact(contact)["properties"]["zip"] == "75011"
    assert sandbox.late_changes() == 0


def test_what_is_late_never_comes_after_a_reset(sandbox: SandboxClient):
    sandbox.create_exactly([{"email": "a@acier.fr"}], late=[[STEP | {"after_s": 60}]])
    assert sandbox.late_changes() == 1

    sandbox.reset()

    assert sandbox.late_changes() == 0


def test_the_earlier_change_comes_first_however_they_are_asked_for(sandbox: SandboxClient):
    (contact,) = sandbox.create_exactly([{"email": "a@acier.fr"}])

    sandbox.change(contact, properties={"zip": "2"}, after_s=0.2)
    sandbox.change(contact, properties={"zip": "1"}, after_s=0.05)
    wait_for(lambda: not sandbox.late_changes())

    wait_for(lambda: sandbox.contact(contact)["properties"]["zip"] == "2")


def test_a_late_change_of_a_deleted_contact_is_lost(sandbox: SandboxClient):
    gone, stays = sandbox.create_exactly([{}, {}], late=[[STEP], [STEP]])
    sandbox.delete(gone)

    wait_for(lambda: sandbox.contact(stays)["properties"].get("zip") == "75011")


@pytest.mark.parametrize("source", ["IMPORT", "CRM_UI_BULK_ACTION", "INTEGRATION"])
def test_the_author_of_a_change_is_told_and_kept(
    sandbox: SandboxClient, endpoint: Endpoint, app: App, source: str
):
    sandbox.deliver(endpoint.url, properties=["zip"])
    ids = sandbox.create_exactly([{}, {}], announce=False)

    sandbox.change(*ids, properties={"zip": "69001"}, source=source)
    endpoint.wait_until(lambda e: len(e.events) == 2)

    assert {event["changeSource"] for event in endpoint.events} == {source}
    (found, _) = app.read(*ids, propertiesWithHistory=["zip"]).json()["results"]
    assert [version["sourceType"] for version in found["propertiesWithHistory"]["zip"]] == [source]


def test_the_values_at_creation_are_told_as_changes_where_that_is_asked(
    sandbox: SandboxClient, endpoint: Endpoint
):
    sandbox.deliver(endpoint.url, properties=["zip", "country"], at_creation=True)

    sandbox.create_exactly([{"zip": "75011"}], source="FORM")
    endpoint.wait_until(lambda e: len(e.events) == 2)

    (change,) = of(endpoint, "propertyChange")
    assert (change["propertyName"], change["propertyValue"], change["changeSource"]) == (
        *("zip", "75011"),
        "FORM",
    )


def test_a_company_is_linked_later_by_the_domain_of_the_mailbox(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.settings(link_companies=True, link_after_min_s=0.05, link_after_max_s=0.1)
    (company,) = sandbox.create_companies([{"name": "Acier", "domain": "acier.fr"}])
    sandbox.deliver(endpoint.url, properties=["associatedcompanyid"], associations=True)

    contact, stranger = sandbox.create_exactly([{"email": "a@Acier.fr"}, {"email": "a@autre.fr"}])
    endpoint.wait_until(lambda e: len(e.events) == 4)
    wait_for(lambda: not sandbox.late_changes())

    (change,), (link,) = of(endpoint, "propertyChange"), of(endpoint, "associationChange")
    assert (change["objectId"], change["propertyValue"]) == (int(contact), company)
    assert list(link) == [
        *("eventId", "subscriptionId", "portalId", "appId", "occurredAt", "subscriptionType"),
        *("attemptNumber", "associationType", "fromObjectId", "toObjectId", "associationRemoved"),
        *("isPrimaryAssociation", "changeSource", "sourceId"),
    ]
    assert (link["associationType"], link["associationRemoved"]) == ("CONTACT_TO_COMPANY", False)
    assert (link["fromObjectId"], link["toObjectId"]) == (int(contact), int(company))
    assert link["changeSource"] == "AUTO_ASSOCIATE_BY_DOMAIN"
    assert "associatedcompanyid" not in sandbox.contact(stranger)["properties"]


def test_a_company_that_the_second_step_names_stays(sandbox: SandboxClient):
    sandbox.settings(link_companies=True, link_after_min_s=0.05, link_after_max_s=0.05)
    _, other = sandbox.create_companies([{"domain": "acier.fr"}, {"domain": "bois.fr"}])
    chosen = [{"properties": {"associatedcompanyid": other}, "source": "CRM_UI"}]

    (contact,) = sandbox.create_exactly([{"email": "a@acier.fr"}], late=[chosen])
    wait_for(lambda: not sandbox.late_changes())

    assert sandbox.contact(contact)["properties"]["associatedcompanyid"] == other


def test_an_address_that_comes_late_finds_its_company(sandbox: SandboxClient):
    sandbox.settings(link_companies=True, link_after_min_s=0.01, link_after_max_s=0.02)
    (company,) = sandbox.create_companies([{"domain": "acier.fr"}])
    (contact,) = sandbox.create_exactly([{"firstname": "Anne"}])

    sandbox.change(contact, properties={"email": "anne@acier.fr"})

    wait_for(lambda: sandbox.contact(contact)["properties"].get("associatedcompanyid") == company)


def test_a_company_that_is_taken_away_is_told_in_the_generic_form(sandbox: SandboxClient, endpoint: Endpoint):
    (company,) = sandbox.create_companies([{"domain": "acier.fr"}])
    (contact,) = sandbox.create_exactly([{"associatedcompanyid": company}], announce=False)
    sandbox.deliver(endpoint.url, form="generic", associations=True)

    sandbox.edit_by_hand(contact, properties={"associatedcompanyid": ""})
    endpoint.wait_until(lambda e: bool(e.events))

    (event,) = endpoint.events
    assert (event["subscriptionType"], event["associationRemoved"]) == ("object.associationChange", True)
    assert (event["fromObjectTypeId"], event["toObjectTypeId"]) == ("0-1", "0-2")
    assert (event["fromObjectId"], event["toObjectId"]) == (int(contact), int(company))
    assert "associationType" not in event


def test_a_merge_can_keep_the_id_of_the_winner(sandbox: SandboxClient, app: App):
    sandbox.settings(merge_keeps_id=True)
    first, second, third = sandbox.create_exactly([{"zip": "1"}, {"zip": "2", "city": "Lyon"}, {}])

    assert sandbox.merge(second, into=first) == first
    assert sandbox.merge(first, into=third) == third

    results = app.read(second, properties=["zip", "city", "hs_merged_object_ids"]).json()["results"]
    assert [one["id"] for one in results] == [third]
    assert results[0]["properties"]["zip"] == "1"
    assert results[0]["properties"]["city"] == "Lyon"
    assert results[0]["properties"]["hs_merged_object_ids"] == f"{first};{second}"


def test_a_merge_in_the_generic_form_names_its_ids(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.settings(merge_keeps_id=True)
    loser, winner = sandbox.create_contacts(2, announce=False)
    sandbox.deliver(endpoint.url, form="generic")

    sandbox.merge(loser, into=winner)
    endpoint.wait_until(lambda e: bool(e.events))

    (event,) = endpoint.events
    assert (event["subscriptionType"], event["objectTypeId"]) == ("object.merge", "0-1")
    assert (event["primaryObjectId"], event["mergedObjectIds"]) == (int(winner), [int(loser)])
    assert event["newObjectId"] == int(winner)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"late": [[], []]}, "'late' has 2 lists of steps for 1 contacts"),
        ({"late": [[{"after": 1}]]}, "A change has no 'after'"),
        ({"late": [[{"after_s": -1}]]}, "'after_s' is a number of seconds from 0 up, not -1"),
        ({"late": [[{"properties": {"nothing": 1}}]]}, "Contacts have no property 'nothing'"),
        ({"source": "MAGIC"}, "A source is one of FORM, IMPORT"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(sandbox: SandboxClient, asked: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        sandbox.create_exactly([{}], **asked)

    assert sandbox.health()["contacts"] == 0


def test_a_change_needs_contacts_that_there_are(sandbox: SandboxClient):
    with pytest.raises(ValueError, match="Say which contacts"):
        sandbox.change(properties={"zip": "1"})
    with pytest.raises(ValueError, match="There is no contact 9"):
        sandbox.change("9", properties={"zip": "1"})


def test_delays_that_descend_are_refused(sandbox: SandboxClient):
    with pytest.raises(ValueError, match="ascend from 0"):
        sandbox.settings(link_after_min_s=9)
