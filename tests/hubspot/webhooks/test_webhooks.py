"""Only what HubSpot documents is a delivery; everything else is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.hubspot.webhooks.creations import only_creations
from router.hubspot.webhooks.webhooks import Delivery, DeliveryInvalid, _events, _sorted_out, parse

PORTAL = "4242"

# ---- deliveries ----------------------------------------------------------------------------------


def test_a_created_contact_is_announced_by_the_legacy_event() -> None:
    # A real delivery, captured on its sixth retry; only the portal is changed.
    body = (
        b'[{"eventId":1534991568,"subscriptionId":3434176,"portalId":4242,"appId":10457515,'
        b'"occurredAt":1744159176740,"subscriptionType":"contact.creation","attemptNumber":6,'
        b'"objectId":112558566461,"changeFlag":"CREATED","changeSource":"INTEGRATION","sourceId":"10457515"}]'
    )

    assert parse(body, portal=PORTAL) == Delivery((("112558566461", 1744159176740),), (), 0)


def test_a_created_contact_is_announced_by_the_generic_event() -> None:
    event = an_event("object.creation", objectTypeId="0-1")

    assert [contact_id for contact_id, _ in parse(_body(event), portal=PORTAL).created] == ["501"]


def test_the_documentation_s_key_for_the_kind_is_understood_too() -> None:
    event = an_event("contact.creation")
    event["eventType"] = event.pop("subscriptionType")

    assert len(parse(_body(event), portal=PORTAL).created) == 1


def test_a_privacy_deletion_erases() -> None:
    delivery = parse(_body(an_event("contact.privacyDeletion")), portal=PORTAL)

    assert delivery == Delivery((), ("501",), 0)


@pytest.mark.parametrize(
    "event",
    [
        {"subscriptionType": "contact.propertyChange"},
        {"subscriptionType": "contact.propertyChange", "propertyName": "lead_router_reason"},
        {"subscriptionType": "contact.propertyChange", "propertyName": "firstname", "objectId": "none"},
        {"subscriptionType": "contact.propertyChange", "propertyName": ""},
        {"subscriptionType": "contact.propertyChange", "propertyName": ["hs_lead_status"]},
        {"subscriptionType": "company.deletion"},
        {"subscriptionType": "contact.merge", "objectId": None},
        {"subscriptionType": "object.creation", "objectTypeId": "0-2"},
        {"subscriptionType": "object.creation"},
        {"subscriptionType": "something.new", "objectId": [1]},
        {"portalId": 77},
        {"portalId": 77, "objectId": "none of ours"},
    ],
)
def test_what_is_none_of_our_business_is_counted_and_left_alone(event: dict[str, Any]) -> None:
    delivery = parse(_body(an_event("contact.creation") | event, an_event("contact.creation")), portal=PORTAL)

    assert (len(delivery.created), delivery.ignored) == (1, 1)


@pytest.mark.parametrize(
    ("event", "merged"),
    [
        ({"primaryObjectId": 501, "mergedObjectIds": [502, 503], "newObjectId": 509}, ("501", "502", "503")),
        ({"primaryObjectId": 501, "mergedObjectIds": [502], "newObjectId": 501}, ("502",)),
        ({"primaryObjectId": 501, "mergedObjectIds": [502]}, ("502",)),
        ({"primaryObjectId": "501", "mergedObjectIds": ["502"], "newObjectId": "509"}, ("501", "502")),
    ],
)
def test_a_merge_names_the_ids_that_have_ended(event: dict[str, Any], merged: tuple[str, ...]) -> None:
    named = [an_event("contact.merge", **event), an_event("object.merge", objectTypeId="0-1", **event)]

    delivery = parse(_body(*named), portal=PORTAL)

    assert delivery == Delivery((), (), 0, merged=merged)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event",
    [
        {"subscriptionType": "contact.merge", "mergedObjectIds": 502},
        {"subscriptionType": "contact.merge", "primaryObjectId": 501, "mergedObjectIds": ["x", None]},
        {"subscriptionType": "object.merge", "objectTypeId": "0-2", "mergedObjectIds": [502]},
        {"subscriptionType": "company.merge", "mergedObjectIds": [502]},
    ],
)
def test_a_merge_of_no_contacts_is_ignored(event: dict[str, Any]) -> None:
    delivery = parse(_body(an_event("contact.merge") | event), portal=PORTAL)

    assert (delivery.merged, delivery.ignored) == ((), 1)


def test_what_people_do_to_a_contact_is_worth_a_look_once() -> None:
    changes = [
        _change("hubspot_owner_id", "contact.propertyChange", objectId=501),
        _change("hs_lead_status", "object.propertyChange", objectId=501, objectTypeId="0-1"),
        _change("lifecyclestage", "contact.propertyChange", objectId=502, changeSource="IMPORT"),
        _change("notes_last_contacted", "object.propertyChange", objectId=503, objectTypeId="0-2"),
        an_event("contact.deletion", objectId=504),
        an_event("object.restore", objectId=505, objectTypeId="0-1"),
    ]

    delivery = parse(_body(*changes), portal=PORTAL)

    assert delivery == Delivery((), (), 1, ("501", "502", "504", "505"), deleted=("504",))


def test_a_changed_fact_is_told_once_with_its_contact() -> None:
    changes = [
        _change("country", objectId=501),
        _change("lifecyclestage", "object.propertyChange", objectId=502, objectTypeId="0-1"),
        _change("country", "object.propertyChange", objectId=501, objectTypeId="0-1"),
        _change("country", "object.propertyChange", objectId=501, objectTypeId="0-2"),
        _change("hs_lead_status", objectId=503),
        _change("associatedcompanyid", objectId="504", changeSource="COMPANIES"),
    ]

    delivery = parse(_body(*changes), portal=PORTAL)

    assert delivery.touched == (("501", "country"), ("502", "lifecyclestage"), ("504", "associatedcompanyid"))
    assert (delivery.changed, delivery.ignored) == (("502", "503"), 1)


ASSOCIATED = [
    {"associationType": "CONTACT_TO_COMPANY", "fromObjectId": 501, "toObjectId": 77},
    {"associationType": "COMPANY_TO_CONTACT", "fromObjectId": 77, "toObjectId": "501"},
    {"fromObjectTypeId": "0-1", "toObjectTypeId": "0-2", "fromObjectId": 501, "toObjectId": 77},
    {"fromObjectTypeId": "0-2", "toObjectTypeId": "0-1", "fromObjectId": 77, "toObjectId": 501},
    {"associationType": "CONTACT_TO_COMPANY", "fromObjectId": 501, "associationRemoved": True},
]


@pytest.mark.parametrize("kind", ["contact.associationChange", "object.associationChange"])
@pytest.mark.parametrize("ends", ASSOCIATED)
def test_a_company_that_a_contact_gets_or_loses_is_a_changed_fact(kind: str, ends: dict[str, Any]) -> None:
    delivery = parse(_body(an_association(kind, **ends)), portal=PORTAL)

    assert delivery == Delivery((), (), 0, touched=(("501", "associatedcompanyid"),))


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"associationType": "CONTACT_TO_DEAL", "fromObjectId": 501},
        {"associationType": ["CONTACT_TO_COMPANY"], "fromObjectId": 501},
        {"associationType": "CONTACT_TO_COMPANY", "fromObjectId": None, "toObjectId": 501},
        {"associationType": "CONTACT_TO_COMPANY", "fromObjectId": "0501"},
        {"fromObjectTypeId": "0-1", "toObjectTypeId": "0-3", "fromObjectId": 501},
        {"fromObjectTypeId": ["0-1"], "toObjectTypeId": {}, "fromObjectId": 501},
        {"fromObjectTypeId": "0-1", "associationType": "CONTACT_TO_COMPANY", "fromObjectId": 501},
    ],
)
def test_an_association_in_an_unknown_form_is_ignored(odd: dict[str, Any]) -> None:
    delivery = parse(_body(an_association("contact.associationChange", **odd)), portal=PORTAL)

    assert delivery == Delivery((), (), 1)


@pytest.mark.parametrize("source", ["IMPORT", "CRM_UI_BULK_ACTION", "BATCH_UPDATE", "MIGRATION"])
def test_what_many_contacts_get_at_once_is_no_late_fact(source: str) -> None:
    changes = [
        _change("country", changeSource=source),
        an_association("contact.associationChange", **ASSOCIATED[0], changeSource=source),
        _change("lifecyclestage", changeSource=source),
    ]

    assert parse(_body(*changes), portal=PORTAL) == Delivery((), (), 2, ("501",))


def test_the_echo_of_our_own_writes_is_no_late_fact() -> None:
    ours = {"appId": 10457515, "changeSource": "INTEGRATION", "sourceId": "10457515"}
    changes = [
        _change("country", **ours),
        an_association("object.associationChange", **ASSOCIATED[0], **ours),
        _change("country", **(ours | {"sourceId": "777", "objectId": 502})),
    ]

    assert parse(_body(*changes), portal=PORTAL) == Delivery((), (), 2, touched=(("502", "country"),))


@pytest.mark.parametrize("source", [["IMPORT"], {}, None, 1])
def test_a_source_that_is_no_text_is_no_bulk_change(source: object) -> None:
    delivery = parse(_body(_change("country", changeSource=source)), portal=PORTAL)

    assert delivery.touched == (("501", "country"),)


def test_the_echo_of_our_own_writes_makes_no_work() -> None:
    ours = _change("hubspot_owner_id", appId=10457515, changeSource="INTEGRATION", sourceId="10457515")
    another_app = ours | {"objectId": 502, "sourceId": "777"}

    assert parse(_body(ours, another_app), portal=PORTAL) == Delivery((), (), 1, ("502",))


def _change(name: str, kind: str = "contact.propertyChange", **more: Any) -> dict[str, Any]:
    person = {"changeSource": "CRM_UI", "sourceId": "userId:75514748", "isSensitive": False}
    return an_event(kind) | {"propertyName": name, "propertyValue": "x"} | person | more


def test_a_hundred_events_fit() -> None:
    events = [an_event("contact.creation", objectId=number) for number in range(1, 101)]

    assert len(parse(_body(*events), portal=PORTAL).created) == 100


def test_a_hundred_and_one_events_are_refused() -> None:
    events = [an_event("contact.creation", objectId=number) for number in range(1, 102)]

    with pytest.raises(DeliveryInvalid, match="101 events; HubSpot sends at most 100"):
        parse(_body(*events), portal=PORTAL)


def test_text_that_is_no_text_is_refused_wherever_it_is() -> None:
    body = _body(an_event("contact.creation", sourceId="x")).replace(b'"x"', b'"\xff"')

    with pytest.raises(DeliveryInvalid, match="not JSON"):
        parse(body, portal=PORTAL)


def test_white_space_in_the_json_does_not_matter() -> None:
    body = json.dumps([an_event("contact.creation")], indent=2).encode()

    assert len(parse(body, portal=PORTAL).created) == 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[{" + b'"a":' + b"[" * 800 + b"]" * 800 + b"}]", "nesting|subscriptionType"),
        (b'[{"a":' + b"[" * 1000 + b"]" * 1000 + b"}]", "nesting|subscriptionType"),
        (b"[NaN]", "not JSON"),
        (b"{}", "not a list"),
        (b"null", "not a list"),
        (b'"[]"', "not a list"),
        (b"[1]", "Event 1 is not an object"),
        (b"[{},[]]", "Event 2 is not an object"),
        (b"[{}]", "no subscriptionType"),
        (b"[" + b",".join([b"{}"] * 101) + b"]", "at most 100"),
        (b'[{"a":' + b"9" * 5000 + b"}]", "numbers|not JSON|subscriptionType"),
    ],
)
def test_what_is_not_a_list_of_events_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(DeliveryInvalid, match=sentence):
        parse(body, portal=PORTAL)


@pytest.mark.parametrize("kind", ["contact.creation", "object.creation", "contact.privacyDeletion"])
@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (b'"objectId":501', b'"objectId":501,"objectId":502'),
        (b'"objectId":501', b'"objectId":501,"object\\u0049d":502'),
        (b'"objectId":501', b'"objectId":501, "objectId" :502'),
        (b'"portalId":4242', b'"portalId":77,"portalId":4242'),
        (b'"portalId":4242', b'"portalId":4242,"portalId":77'),
        (b'"occurredAt":1744159176740', b'"occurredAt":1,"occurredAt":2'),
        (b'"subscriptionType":', b'"subscriptionType":"contact.deletion","subscriptionType":'),
    ],
)
def test_a_repeated_key_is_refused(kind: str, once: bytes, twice: bytes) -> None:
    events = [an_event(kind, objectTypeId="0-1") for _ in range(3)]
    body = _body(*events).replace(once, twice, 1)
    assert body != _body(*events)

    with pytest.raises(DeliveryInvalid, match="same key twice"):
        parse(body, portal=PORTAL)


def test_a_repeated_type_is_refused() -> None:
    event = _body(an_event("object.creation", objectTypeId="0-1"))

    with pytest.raises(DeliveryInvalid, match="same key twice"):
        parse(event.replace(b'"0-1"', b'"0-2","objectTypeId":"0-1"'), portal=PORTAL)


def test_a_key_that_an_object_inside_an_event_has_as_well_is_not_repeated() -> None:
    body = _body(an_event("contact.creation", more={"objectId": 502, "occurredAt": 1}))

    assert parse(body, portal=PORTAL).created == (("501", 1744159176740),)


@pytest.mark.parametrize(
    "wrong", [None, 0, -1, 1.0, True, "", "0501", "abc", "5 1", "١", "1" * 21, 10**20, [501], "501\n"]
)
def test_an_id_that_is_no_id_is_refused(wrong: object) -> None:
    with pytest.raises(DeliveryInvalid, match="Event 1 has no usable objectId"):
        parse(json.dumps([an_event("contact.creation", objectId=wrong)]).encode(), portal=PORTAL)


@pytest.mark.parametrize("wrong", [None, -1, 1.5, True, "1744159176740", 10**14])
def test_a_time_that_is_no_time_is_refused(wrong: object) -> None:
    with pytest.raises(DeliveryInvalid, match="occurredAt"):
        parse(_body(an_event("contact.creation", occurredAt=wrong)), portal=PORTAL)


def test_a_refusal_does_not_quote_the_body() -> None:
    with pytest.raises(DeliveryInvalid) as caught:
        parse(b'[{"email":"jane@example.com"', portal=PORTAL)

    assert "jane" not in str(caught.value)


@given(st.binary())
def test_any_bytes_are_a_delivery_or_a_refusal(body: bytes) -> None:
    _parse_or_refuse(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
EVENT = st.dictionaries(
    st.sampled_from(
        [
            *("subscriptionType", "eventType", "portalId", "objectId", "occurredAt", "objectTypeId"),
            *("propertyName", "changeSource", "associationType", "fromObjectId", "toObjectId"),
            *("fromObjectTypeId", "toObjectTypeId"),
        ]
    ),
    st.sampled_from(
        [
            *("contact.creation", "object.creation", "contact.privacyDeletion", "0-1", "0-2", 4242, 501),
            *("contact.propertyChange", "object.associationChange", "CONTACT_TO_COMPANY", "country"),
        ]
    )
    | JSON,
)


@given(st.lists(EVENT))
def test_any_json_is_a_delivery_or_a_refusal(events: list[dict[str, Any]]) -> None:
    _parse_or_refuse(json.dumps(events).encode())


creations = st.fixed_dictionaries(
    {
        "subscriptionType": st.sampled_from(["object.creation", "contact.creation"]),
        "objectTypeId": st.just("0-1"),
        "portalId": st.just(int(PORTAL)),
        "objectId": st.integers(1, 10**18 - 1),
        "occurredAt": st.integers(0, 10**14 - 1),
    }
)
odd: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 10**14, 10**18, 1.0, "", "501", PORTAL, int(PORTAL), "0-1", [], {}),
        *("object.creation", "contact.creation", "contact.deletion", "contact.privacyDeletion"),
    ]
)
KEYS = ["subscriptionType", "eventType", "objectTypeId", "portalId", "objectId", "occurredAt"]


@given(
    st.lists(creations, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(KEYS), odd | st.just(...)), max_size=3),
    st.sampled_from([PORTAL, "1"]),
)
def test_events_read_in_one_go_say_what_each_says_alone(
    events: list[dict[str, Any]], changes: list[tuple[int, str, Any]], portal: str
) -> None:
    for place, key, value in changes:
        event = events[place % len(events)]
        if value is ...:
            event.pop(key, None)
        else:
            event[key] = value
    body = _body(*events)

    at_once = only_creations(body, portal=portal)

    if at_once is not None:
        assert _sorted_out(_events(body), portal) == Delivery(at_once, (), 0)
    elif not changes and portal == PORTAL and len({event["subscriptionType"] for event in events}) == 1:
        pytest.fail("plain creations were not read in one go")


# ---- builders ------------------------------------------------------------------------------------


def an_event(kind: str, **changed: object) -> dict[str, Any]:
    event: dict[str, Any] = {
        "eventId": 1,
        "portalId": int(PORTAL),
        "occurredAt": 1744159176740,
        "subscriptionType": kind,
        "objectId": 501,
    }
    return event | changed


def an_association(kind: str, **ends: object) -> dict[str, Any]:
    event = an_event(kind, associationRemoved=False, isPrimaryAssociation=True) | ends
    del event["objectId"]
    return event


def _body(*events: dict[str, Any]) -> bytes:
    return json.dumps(events, separators=(",", ":")).encode()


def _parse_or_refuse(body: bytes) -> None:
    try:
        delivery = parse(body, portal=PORTAL)
    except DeliveryInvalid as error:
        assert str(error).endswith(".")
    else:
        found = (*delivery.created, *delivery.touched)
        assert all(contact_id.isascii() and contact_id.isdigit() for contact_id, _ in found)


FIRST_DELIVERIES = """
import json, sys, threading
from router.hubspot.webhooks.creations import only_creations

sys.setswitchinterval(1e-6)  # threads take turns at every step, as on a busy machine
for portal in range(1_000, 1_060):
    event = {"portalId": portal, "occurredAt": 1, "subscriptionType": "object.creation", "objectId": 5}
    body = json.dumps([event | {"objectTypeId": "0-1"}], separators=(",", ":")).encode()
    read = []
    together = threading.Barrier(6)
    def receive():
        together.wait()
        read.append(only_creations(body, portal=str(portal)))
    threads = [threading.Thread(target=receive) for _ in range(6)]
    for one in threads: one.start()
    for one in threads: one.join()
    assert read == [(("5", 1),)] * 6, read
"""


def test_the_first_deliveries_may_come_at_the_same_moment() -> None:
    """In a process of its own: it would end with a segmentation fault."""
    read = subprocess.run([sys.executable, "-c", FIRST_DELIVERIES], capture_output=True, text=True)

    assert (read.returncode, read.stderr) == (0, "")
