"""What the checker says of a portal, of people's choices and of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.ledger import Ledger, open_ledger
from router.sandbox.http.client import SandboxClient, start_sandbox
from tests.world.checker import check_leads, longest_covered_s, misrecorded, owner_in_ledger
from tests.world.hubspot_app import CAMILLE, HUGO, App
from tests.world.leads import OWNERS
from tests.world.time import NOW

PERSON = OWNERS["claire"]


@pytest.fixture
def sandbox() -> Iterator[SandboxClient]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def app(sandbox: SandboxClient) -> App:
    return App(sandbox.base_url, sandbox.token)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", "4242")
    yield ledger
    ledger.close()


def test_lost_doubled_and_covered_leads_are_told_apart(sandbox: SandboxClient, app: App) -> None:
    lost, doubled, covered, fine = sandbox.create_contacts(4)
    sandbox.edit_by_hand(covered, owner=PERSON)
    for owner in (CAMILLE, HUGO):
        app.update({doubled: {"hubspot_owner_id": owner}})
    app.update({covered: {"hubspot_owner_id": CAMILLE}, fine: {"hubspot_owner_id": CAMILLE}})

    verdict = check_leads(sandbox, [lost, doubled, covered, fine])

    assert (verdict.lost, verdict.two_owners, verdict.overwritten) == ((lost,), (doubled,), (covered,))
    assert not verdict.sound
    assert check_leads(sandbox, [fine]).sound


def test_a_choice_given_back_was_covered_for_as_long_as_our_write_stood(
    sandbox: SandboxClient, app: App
) -> None:
    given_back, covered = sandbox.create_contacts(2)
    for contact in (given_back, covered):
        sandbox.edit_by_hand(contact, owner=PERSON)
        app.update({contact: {"hubspot_owner_id": CAMILLE}})
    app.update({given_back: {"hubspot_owner_id": PERSON}})

    writes = [one["at_ms"] for one in sandbox.writes() if one["id"] == given_back]
    assert longest_covered_s(sandbox, [given_back, covered]) == (writes[1] - writes[0]) / 1000


def test_the_ledger_has_to_name_the_owner_that_the_portal_shows(
    sandbox: SandboxClient, app: App, ledger: Ledger
) -> None:
    right, wrong, unwritten = sandbox.create_contacts(3)
    app.update({one: {"hubspot_owner_id": CAMILLE} for one in (right, wrong, unwritten)})
    lines = [(right, CAMILLE), (wrong, CAMILLE), (wrong, HUGO)]
    ledger.record([], [_event(number, *line) for number, line in enumerate(lines)])

    found = misrecorded(sandbox, ledger, [right, wrong, unwritten])

    assert found == {
        wrong: f"the portal has owner '{CAMILLE}', the ledger '{HUGO}'",
        unwritten: f"the portal has owner '{CAMILLE}', the ledger ''",
    }
    assert owner_in_ledger(ledger, right) == CAMILLE


def _event(number: int, contact_id: str, owner_id: str) -> tuple[str, str, dict[str, str]]:
    return f"{number}-0", contact_id, {"at": NOW.isoformat(), "kind": "written", "owner_id": owner_id}
