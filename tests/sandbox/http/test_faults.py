"""How the portal breaks on request: what the caller sees, and what was applied all the same."""

from __future__ import annotations

import time

import pytest
import requests

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, App
from tests.world.time import wait_for


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *(("429", 429), ("429_daily", 429), ("423", 423), ("477", 477), ("500", 500)),
        *(("502", 502), ("503", 503), ("401", 401), ("403", 403)),
    ],
)
def test_a_refusal_changes_nothing_and_comes_once(sandbox: SandboxClient, app: App, kind: str, status: int):
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with(kind, on="contacts/batch/update", seconds=7)

    refused = app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert refused.status_code == status
    assert refused.json()["status"] == "error"
    assert refused.headers.get("Retry-After") == ("7" if kind == "477" else None)
    assert sandbox.contact(contact)["owner"] is None
    assert app.update({contact: {"hubspot_owner_id": CAMILLE}}).status_code == 200


@pytest.mark.parametrize(("kind", "applied"), [("hang", False), ("applied_then_hang", True), ("reset", True)])
def test_a_broken_connection(sandbox: SandboxClient, app: App, kind: str, applied: bool):
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with(kind, seconds=0.2)

    with pytest.raises(requests.exceptions.RequestException):
        app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert (sandbox.contact(contact)["owner"] == CAMILLE) is applied


def test_an_answer_that_is_not_json(sandbox: SandboxClient, app: App):
    sandbox.break_with("garbage")

    answer = app.get("/crm/v3/owners")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_json_that_stops_half_way(sandbox: SandboxClient, app: App):
    sandbox.break_with("truncated")

    with pytest.raises(requests.exceptions.JSONDecodeError):
        app.get("/crm/v3/owners").json()


def test_a_huge_body(sandbox: SandboxClient, app: App):
    sandbox.break_with("huge", size_bytes=3_000_000)

    assert len(app.get("/crm/v3/owners").content) == 3_000_000


def test_a_body_that_drips(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("drip", seconds=0.001)

    started = time.monotonic()
    answer = app.read(contact)

    assert answer.json()["results"][0]["id"] == contact
    assert time.monotonic() - started >= len(answer.content) * 0.001


def test_applied_although_the_answer_was_502(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("applied_then_502")

    assert app.update({contact: {"hubspot_owner_id": CAMILLE}}).status_code == 502
    assert sandbox.contact(contact)["owner"] == CAMILLE


def test_a_late_write_lands_after_its_504(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("late", seconds=0.3)

    answer = app.update({contact: {"hubspot_owner_id": CAMILLE}})

    assert answer.status_code == 504
    assert sandbox.contact(contact)["owner"] is None
    wait_for(lambda: sandbox.contact(contact)["owner"] == CAMILLE)


def test_a_partial_batch_names_the_records_it_did_not_touch(sandbox: SandboxClient, app: App):
    ids = sandbox.create_contacts(4)
    sandbox.break_with("partial")

    answer = app.update({one: {"hubspot_owner_id": CAMILLE} for one in ids})

    assert answer.status_code == 207
    failed = set(answer.json()["errors"][0]["context"]["ids"])
    assert len(failed) == 2
    assert {c["id"] for c in sandbox.contacts() if c["owner"] is None} == failed


def test_a_missing_record_is_neither_a_result_nor_an_error(sandbox: SandboxClient, app: App):
    ids = sandbox.create_contacts(4)
    sandbox.break_with("missing")

    answer = app.update({one: {"hubspot_owner_id": CAMILLE} for one in ids})

    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 3
    assert all(contact["owner"] == CAMILLE for contact in sandbox.contacts())


def test_a_wrong_id_shows_a_record_nobody_asked_for(sandbox: SandboxClient, app: App):
    asked, stranger = sandbox.create_contacts(2)
    sandbox.break_with("wrong_id")

    answer = app.read(asked)

    assert [record["id"] for record in answer.json()["results"]] == [stranger]


def test_a_fault_strikes_the_endpoints_it_names_for_as_long_as_it_lasts(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("500", on="contacts/batch", next=2)

    statuses = [
        *(app.get("/crm/v3/owners").status_code, app.read(contact).status_code),
        *(app.update({contact: {}}).status_code, app.read(contact).status_code),
    ]

    assert statuses == [200, 500, 500, 200]
    assert [(fault["kind"], fault["hits"]) for fault in sandbox.faults()] == [("500", 2)]


def test_a_rate_strikes_a_share_of_the_calls_until_repaired(sandbox: SandboxClient, app: App):
    sandbox.break_with("502", rate=0.5, seed=3)

    statuses = [app.get("/crm/v3/owners").status_code for _ in range(40)]
    sandbox.repair()

    assert 8 < statuses.count(502) < 32
    assert app.get("/crm/v3/owners").status_code == 200


def test_an_unknown_fault_is_refused_with_the_list(sandbox: SandboxClient):
    with pytest.raises(ValueError, match=r"There is no fault 'gremlins'\. There are: 429"):
        sandbox.break_with("gremlins")
