"""What people do to contacts while an app is at work."""

from __future__ import annotations

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, HUGO, LEA, App


def test_a_person_is_faster_between_read_and_write(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.overtake(times=1, owner=LEA)
    app.read(contact)

    app.update({contact: {"hubspot_owner_id": CAMILLE}})

    found = sandbox.contact(contact)
    assert found["owner"] == CAMILLE
    by_app, by_hand = found["owner_history"]
    assert (by_app["value"], by_app["sourceType"]) == (CAMILLE, "INTEGRATION")
    assert (by_hand["value"], by_hand["sourceType"]) == (LEA, "CRM_UI")
    (choice,) = sandbox.human_choices()
    assert (choice["contact"], choice["owner"], choice["when"]) == (contact, LEA, "between")


def test_a_contact_is_overtaken_once_so_that_a_restored_owner_stays(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.overtake(rate=1.0, owner=LEA)
    app.read(contact)

    app.update({contact: {"hubspot_owner_id": CAMILLE}})
    app.update({contact: {"hubspot_owner_id": LEA}})

    assert [entry["value"] for entry in sandbox.contact(contact)["owner_history"]] == [LEA, CAMILLE, LEA]
    assert len(sandbox.human_choices()) == 1


def test_nobody_overtakes_a_write_without_a_read(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.overtake(rate=1.0)

    app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert sandbox.human_choices() == []


def test_a_random_person_never_takes_the_owner_that_the_app_writes(sandbox: SandboxClient, app: App):
    ids = sandbox.create_contacts(60)
    sandbox.overtake(rate=1.0)
    app.read(*ids)

    app.update({one: {"hubspot_owner_id": CAMILLE} for one in ids})

    chosen = [choice["owner"] for choice in sandbox.human_choices()]
    assert len(chosen) >= 55
    assert CAMILLE not in chosen


def test_a_person_edits_now(sandbox: SandboxClient):
    (contact,) = sandbox.create_contacts(1)

    sandbox.edit_by_hand(contact, owner=HUGO, status="CONNECTED")

    found = sandbox.contact(contact)
    assert (found["owner"], found["status"]) == (HUGO, "CONNECTED")
    assert found["owned_at"] is None
    assert sandbox.human_choices()[0]["when"] == "now"
