"""HubSpot's own Python client takes the portal for HubSpot."""

from __future__ import annotations

import hubspot
import pytest
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
)

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE


@pytest.fixture
def official(sandbox: SandboxClient) -> hubspot.HubSpot:
    return hubspot.HubSpot(access_token=sandbox.token, host=sandbox.base_url, retry=False)


def test_it_reads_writes_and_searches_contacts(sandbox: SandboxClient, official: hubspot.HubSpot):
    (contact,) = sandbox.create_exactly([{"zip": "06000"}])
    contacts = official.crm.contacts
    written = {"inputs": [{"id": contact, "properties": {"hubspot_owner_id": CAMILLE}}]}

    contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=written["inputs"]))
    read = contacts.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            inputs=[{"id": contact}], properties=["zip"], properties_with_history=["hubspot_owner_id"]
        )
    )
    found = contacts.search_api.do_search(PublicObjectSearchRequest(limit=5))

    assert read.results[0].properties["zip"] == "06000"
    assert read.results[0].properties_with_history["hubspot_owner_id"][0].value == CAMILLE
    assert [one.id for one in found.results] == [contact]


def test_it_understands_the_errors_of_a_batch(official: hubspot.HubSpot):
    asked = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": "404404"}], properties=[], properties_with_history=[]
    )

    answer = official.crm.contacts.batch_api.read(asked)

    assert answer.num_errors == 1
    assert answer.errors[0].category == "OBJECT_NOT_FOUND"


def test_it_raises_on_a_refusal(sandbox: SandboxClient, official: hubspot.HubSpot):
    sandbox.break_with("429")

    with pytest.raises(ApiException) as raised:
        official.crm.contacts.basic_api.get_by_id("1")

    assert raised.value.status == 429


def test_it_lists_owners_and_properties(official: hubspot.HubSpot):
    owners = official.crm.owners.owners_api.get_page(limit=100)
    properties = official.crm.properties.core_api.get_all("contacts")

    assert "camille.durand@acme.fr" in [owner.email for owner in owners.results]
    assert "type_demande" in [prop.name for prop in properties.results]
