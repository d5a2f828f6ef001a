"""How new contacts are announced: bodies, signatures, repeats, order, pace."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter

import pytest

from router.sandbox.delivery.webhooks import signed_headers
from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import Endpoint
from tests.world.time import wait_for


def test_a_legacy_creation_says_exactly_what_hubspot_says(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url)

    (contact,) = sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: bool(e.events))

    (event,) = endpoint.events
    assert list(event) == [
        *("eventId", "subscriptionId", "portalId", "appId", "occurredAt", "subscriptionType"),
        *("attemptNumber", "objectId", "changeFlag", "changeSource", "sourceId"),
    ]
    assert (event["subscriptionType"], event["objectId"]) == ("contact.creation", int(contact))
    assert (event["portalId"], event["attemptNumber"], event["changeFlag"]) == (49645859, 0, "CREATED")
    assert event["occurredAt"] == sandbox.contact(contact)["created_at"]


def test_a_change_is_told_to_whoever_subscribed_to_the_property(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url, properties=["hubspot_owner_id", "hs_lead_status"])
    (contact,) = sandbox.create_exactly([{"email": "a@acier.fr"}], announce=False)

    sandbox.edit_by_hand(contact, owner="71480101", properties={"jobtitle": "Directeur"})
    endpoint.wait_until(lambda e: bool(e.events))
    sandbox.edit_by_hand(contact, owner="71480101", status="OPEN")
    endpoint.wait_until(lambda e: len(e.events) > 1)

    event, status = endpoint.events
    assert list(event) == [
        *("eventId", "subscriptionId", "portalId", "appId", "occurredAt", "subscriptionType"),
        *("attemptNumber", "objectId", "propertyName", "propertyValue", "changeSource", "sourceId"),
        "isSensitive",
    ]
    assert (event["subscriptionType"], event["objectId"]) == ("contact.propertyChange", int(contact))
    assert (event["propertyName"], event["propertyValue"]) == ("hubspot_owner_id", "71480101")
    assert (event["changeSource"], event["sourceId"].startswith("userId:")) == ("CRM_UI", True)
    assert (status["propertyName"], status["propertyValue"]) == ("hs_lead_status", "OPEN")


def test_a_generic_creation_names_the_type_of_object(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url, form="generic")

    sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: bool(e.events))

    (event,) = endpoint.events
    assert (event["subscriptionType"], event["objectTypeId"]) == ("object.creation", "0-1")


def test_a_delivery_is_signed_over_the_public_url(sandbox: SandboxClient, endpoint: Endpoint):
    public = "https://example.fr/webhooks/hubspot?team=a%2Fb"
    sandbox.deliver(endpoint.url, public_url=public, secret="shh")

    sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: bool(e.deliveries))

    delivery = endpoint.deliveries[0]
    stamp = delivery.headers["X-HubSpot-Request-Timestamp"]
    signed = b"POST" + b"https://example.fr/webhooks/hubspot?team=a/b" + delivery.body + stamp.encode()
    expected = base64.b64encode(hmac.new(b"shh", signed, hashlib.sha256).digest()).decode()
    assert delivery.headers["X-HubSpot-Signature-v3"] == expected
    assert delivery.headers["X-HubSpot-Signature"] == hashlib.sha256(b"shh" + delivery.body).hexdigest()
    assert delivery.headers["X-HubSpot-Signature-Version"] == "v1"
    assert abs(int(stamp) - delivery.at_ms) < 5_000


def test_the_signature_is_the_one_of_hubspots_published_example(monkeypatch: pytest.MonkeyPatch):
    # Time is outside: the example was signed at a fixed moment.
    monkeypatch.setattr("router.sandbox.delivery.webhooks.real_ms", lambda: 1693657560000)

    headers = signed_headers(
        b"{'example_field':'example_value'}",
        secret="yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        url="https://www.example.com/webhook_uri",
    )

    assert headers["X-HubSpot-Signature-v3"] == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def test_an_idle_engine_announces_at_once(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url)
    waits_ms = []

    for number in range(1, 11):
        (contact,) = sandbox.create_contacts(1)
        endpoint.wait_until(lambda e, n=number: len(e.deliveries) >= n)
        found = sandbox.contact(contact)
        waits_ms.append(found["announced_at"] - found["created_at"])

    assert sorted(waits_ms)[5] < 20


def test_what_is_refused_comes_again_with_a_higher_attempt_number(sandbox: SandboxClient, endpoint: Endpoint):
    endpoint.answer = lambda number: (500, 404, 302, 200)[number - 1]
    sandbox.deliver(endpoint.url, retry_base_s=0.01)

    (contact,) = sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: len(e.deliveries) >= 4)

    assert [event["attemptNumber"] for event in endpoint.events] == [0, 1, 2, 3]
    assert {event["objectId"] for event in endpoint.events} == {int(contact)}
    told = settled(sandbox)
    assert told["statuses"] == {"500": 1, "404": 1, "302": 1, "200": 1}
    assert (told["delivered"], told["retries"], told["given_up"]) == (1, 3, 0)


def settled(sandbox: SandboxClient) -> dict[str, object]:
    """The engine's counts once nothing waits or flies any more."""
    wait_for(lambda: not (sandbox.deliveries()["waiting"] or sandbox.deliveries()["in_flight"]))
    return sandbox.deliveries()


def test_after_ten_retries_an_event_is_given_up(sandbox: SandboxClient, endpoint: Endpoint):
    endpoint.answer = lambda _: 503
    sandbox.deliver(endpoint.url, retry_base_s=0.001, retry_max_s=0.002)

    sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: len(e.deliveries) >= 11)

    told = settled(sandbox)
    assert (told["attempts"], told["given_up"], told["delivered"]) == (11, 1, 0)


def test_an_endpoint_that_is_down_gets_everything_later(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver("http://127.0.0.1:9/", retry_base_s=0.01)
    ids = sandbox.create_contacts(30)
    sandbox.deliver(endpoint.url, retry_base_s=0.01)

    endpoint.wait_until(lambda e: {event["objectId"] for event in e.events} == {int(one) for one in ids})

    assert settled(sandbox)["given_up"] == 0


def test_duplicates_shuffled_batches_and_both_forms(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url, duplicates=0.5, shuffle=True, form="mixed", batch_min=3, batch_max=7)

    ids = sandbox.create_contacts(300)
    endpoint.wait_until(lambda e: {event["objectId"] for event in e.events} == {int(one) for one in ids})
    settled(sandbox)

    times = Counter(event["objectId"] for event in endpoint.events)
    assert set(times.values()) == {1, 2}
    assert 90 < list(times.values()).count(2) < 210
    assert [event["objectId"] for event in endpoint.events][:300] != [int(one) for one in ids]
    assert max(len(delivery.events) for delivery in endpoint.deliveries) <= 7
    assert len({event["subscriptionType"] for event in endpoint.events}) == 2


def test_a_pace_is_kept(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url, rate_per_s=100)

    sandbox.create_contacts(60)
    endpoint.wait_until(lambda e: len(e.events) == 60)

    took_s = (endpoint.deliveries[-1].at_ms - endpoint.deliveries[0].at_ms) / 1000
    assert 0.4 < took_s < 3


def test_contacts_nobody_announces(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url)

    (silent,) = sandbox.create_contacts(1, announce=False)
    (loud,) = sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: bool(e.events))

    assert [event["objectId"] for event in endpoint.events] == [int(loud)]
    assert sandbox.contact(silent)["announced_at"] is None


def test_deletions_and_merges_are_announced(sandbox: SandboxClient, endpoint: Endpoint):
    gone, private, loser, winner = sandbox.create_contacts(4, announce=False)
    sandbox.deliver(endpoint.url)

    sandbox.delete(gone)
    sandbox.delete(private, privacy=True)
    merged = sandbox.merge(loser, into=winner)
    endpoint.wait_until(lambda e: len(e.events) == 4)

    told = Counter((event["subscriptionType"], event.get("objectId")) for event in endpoint.events)
    assert told == {
        ("contact.deletion", int(gone)): 1,
        ("contact.deletion", int(private)): 1,
        ("contact.privacyDeletion", int(private)): 1,
        ("contact.merge", None): 1,
    }
    (merge,) = [event for event in endpoint.events if event["subscriptionType"] == "contact.merge"]
    assert (merge["primaryObjectId"], merge["mergedObjectIds"]) == (int(winner), [int(loser)])
    assert merge["newObjectId"] == int(merged)


def test_fewer_connections_still_deliver_everything(sandbox: SandboxClient, endpoint: Endpoint):
    sandbox.deliver(endpoint.url, concurrency=10)
    sandbox.create_contacts(10)
    sandbox.deliver(endpoint.url, concurrency=1, batch_max=1)

    for number in range(11, 41):
        sandbox.create_contacts(1)
        endpoint.wait_until(lambda e, n=number: len(e.events) == n)

    assert settled(sandbox)["delivered"] == 40


def test_a_reset_stops_the_retries_of_before(sandbox: SandboxClient, endpoint: Endpoint):
    endpoint.answer = lambda _: 500
    sandbox.deliver(endpoint.url, retry_base_s=0.05)
    sandbox.create_contacts(5)
    endpoint.wait_until(lambda e: bool(e.events))

    sandbox.reset()
    endpoint.answer = lambda _: 200
    (contact,) = sandbox.create_contacts(1)
    endpoint.wait_until(lambda e: e.events[-1]["objectId"] == int(contact))

    assert settled(sandbox)["delivered"] == 1


def test_a_wrong_delivery_setting_is_refused(sandbox: SandboxClient):
    with pytest.raises(ValueError, match="There is no delivery setting 'speed'"):
        sandbox.deliver("http://127.0.0.1:9/", speed=3)
