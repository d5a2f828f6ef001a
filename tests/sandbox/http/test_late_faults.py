"""Writes that the portal delays, repeats or pretends, and the calls that it keeps for a record's story."""

from __future__ import annotations

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, App
from tests.world.time import wait_for


def test_a_slow_write_is_applied_when_its_caller_has_gone(sandbox: SandboxClient, app: App) -> None:
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("slow", on="contacts/batch/update", seconds=0.2)

    answered = app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert answered.status_code == 200
    assert sandbox.contact(contact)["owner"] == CAMILLE
    assert sandbox.calls_under_way() == 0


def test_a_write_that_is_not_applied_is_answered_like_one_that_is(sandbox: SandboxClient, app: App) -> None:
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("not_applied", on="contacts/batch/update")

    answered = app.update({contact: {"hubspot_owner_id": CAMILLE}})
    applied = app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert answered.status_code == applied.status_code == 200
    assert answered.json()["results"][0]["id"] == contact
    assert answered.json()["results"][0]["properties"]["hubspot_owner_id"] == CAMILLE
    assert [(one["owner_before"], one["owner"]) for one in sandbox.writes()] == [(None, CAMILLE)]


def test_a_write_applied_twice_covers_what_came_between(sandbox: SandboxClient, app: App) -> None:
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("twice", on="contacts/batch/update", seconds=0.3)

    app.update({contact: {"hubspot_owner_id": CAMILLE}})
    sandbox.edit_by_hand(contact, owner="71480109")
    wait_for(lambda: sandbox.calls_under_way() == 0)

    assert sandbox.contact(contact)["owner"] == CAMILLE
    assert [one["owner_before"] for one in sandbox.writes()] == [None, "71480109"]


def test_a_fault_of_some_records_spares_the_others(sandbox: SandboxClient, app: App) -> None:
    mine, other = sandbox.create_contacts(2)
    sandbox.break_with("503", on="contacts/batch", of=[mine], next=1)

    assert app.update({other: {"hubspot_owner_id": CAMILLE}}).status_code == 200
    assert app.update({mine: {"hubspot_owner_id": CAMILLE}}).status_code == 503


@pytest.mark.parametrize(("history", "status"), [((), 200), (("hubspot_owner_id",), 503)])
def test_a_fault_of_histories_spares_other_reads(
    sandbox: SandboxClient, app: App, history: tuple[str, ...], status: int
) -> None:
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("503", on="contacts/batch/read/history")
    asked = {"inputs": [{"id": contact}], "properties": [], "propertiesWithHistory": list(history)}

    assert app.post("/crm/v3/objects/contacts/batch/read", asked).status_code == status


def test_calls_are_kept_for_the_story_of_a_record(sandbox: SandboxClient, app: App) -> None:
    mine, other = sandbox.create_contacts(2)
    sandbox.settings(keep_calls=True)
    sandbox.break_with("applied_then_502", on="contacts/batch/update")

    app.update({mine: {"hubspot_owner_id": CAMILLE}})
    app.update({other: {"hubspot_owner_id": CAMILLE}})
    sandbox.settings(keep_calls=False)
    app.update({mine: {"hubspot_owner_id": CAMILLE}})

    (call,) = sandbox.calls_of(mine)
    assert (call["operation"], call["outcome"], call["fault"], call["asked"], call["answered"]) == (
        *("contacts/batch/update", "502", "applied_then_502"),
        *(CAMILLE, None),
    )
    assert call["at_ms"] <= call["answered_ms"]
    assert sandbox.calls_of(other)[0]["answered"] == CAMILLE


def test_people_overtake_only_the_contacts_they_are_told(sandbox: SandboxClient, app: App) -> None:
    mine, other = sandbox.create_contacts(2)
    sandbox.overtake(times=2, owner="71480109", of=[mine])
    app.read(mine)
    app.read(other)

    app.update({mine: {"hubspot_owner_id": CAMILLE}, other: {"hubspot_owner_id": CAMILLE}})

    assert [one["contact"] for one in sandbox.human_choices()] == [mine]
