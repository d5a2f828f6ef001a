"""Days pass in the portal when a test says so, and only there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, App


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_what_happens_after_days_have_passed_is_dated_so(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    ahead_s = sandbox.put_forward(86_400)
    assert sandbox.put_forward(86_400) == 2 * ahead_s

    app.update({contact: {"hubspot_owner_id": CAMILLE}})

    (written,) = sandbox.contact(contact)["owner_history"]
    late = moment(written["timestamp"]) - datetime.now(UTC)
    assert timedelta(days=2) - timedelta(minutes=1) < late <= timedelta(days=2)


def test_an_emptied_portal_lives_in_the_present(sandbox: SandboxClient):
    sandbox.put_forward(86_400)
    sandbox.reset()
    (contact,) = sandbox.create_exactly([{}])

    created = moment(sandbox.contact(contact)["properties"]["createdate"])

    assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)
    assert sandbox.put_forward(0) == 0


@pytest.mark.parametrize("text", ["2020-02-29T23:30:00+01:00", "2040-01-01T00:00:00+00:00"])
def test_the_portal_lives_at_any_moment_of_the_past_or_the_future(sandbox: SandboxClient, text: str):
    ahead_s = sandbox.set_clock(moment(text))
    (contact,) = sandbox.create_exactly([{}])

    created = moment(sandbox.contact(contact)["properties"]["createdate"])

    assert timedelta(0) <= created - moment(text) < timedelta(minutes=1)
    assert abs(datetime.now(UTC) + timedelta(seconds=ahead_s) - created) < timedelta(minutes=1)


def test_a_moment_without_a_zone_is_refused(sandbox: SandboxClient):
    with pytest.raises(ValueError, match="Say the moment with its zone"):
        sandbox.set_clock(datetime(2026, 11, 24, 9, 15))  # noqa: DTZ001 - what is refused


def test_time_does_not_go_backwards(sandbox: SandboxClient):
    with pytest.raises(ValueError, match="from 0 up"):
        sandbox.put_forward(-1)


def test_an_activity_dates_the_contact_and_a_note_is_no_contact(sandbox: SandboxClient, app: App):
    called, noted = sandbox.create_exactly([{}, {}])
    app.update({one: {"hubspot_owner_id": CAMILLE} for one in (called, noted)})

    sandbox.log_activity(called, "call")
    sandbox.log_activity(noted, "note")

    by_id = {one: sandbox.contact(one)["properties"] for one in (called, noted)}
    assert {"notes_last_contacted", "notes_last_updated"} <= by_id[called].keys()
    assert "notes_last_contacted" not in by_id[noted]
    assert [one["hs_is_unworked"] for one in by_id.values()] == ["false", "false"]
    with pytest.raises(ValueError, match="An activity is one of call, email, meeting, note"):
        sandbox.log_activity(called, "fax")
