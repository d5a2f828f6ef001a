"""What the gateway makes of answers good and bad, on a server that sends them byte by byte."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from router.hubspot.api.client import CallMade
from router.hubspot.api.errors import (
    AccessDenied,
    Locked,
    NotFound,
    OutcomeUnknown,
    Paused,
    RateLimited,
    Refused,
    Unreachable,
)
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import Outcome
from router.store.budget.budget import CallBudget
from router.store.keys import Keys
from tests.world.responder import TOKEN, Reply, Responder, drip, json_reply, raw_reply, reset

GARBAGE: dict[str, Reply] = {
    "html": raw_reply(b"<html>Bad Gateway</html>"),
    "truncated json": raw_reply(b'{"results":[{"id":"1","prop'),
    "empty": raw_reply(b""),
    "a list": json_reply([1, 2]),
    "no results": json_reply({"status": "COMPLETE"}),
    "a record without id": json_reply({"results": [{"properties": {}}]}),
    "not utf-8": raw_reply(b'{"results":"\xff\xfe"}'),
    "a server error": json_reply({"message": "oops"}, status=502),
    "a reset": reset,
    "a redirect": json_reply({}, status=301),
}


def a_record(contact_id: str, **properties: str | None) -> dict[str, Any]:
    return {"id": contact_id, "properties": properties, "archived": False}


def results(*records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"status": "COMPLETE", "results": list(records), **more}


def gone(*ids: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some CONTACT objects, they may be deleted or not exist.",
        "context": {"ids": list(ids)},
    }


def invalid(name: str, code: str, message: str = "was not one of the allowed options") -> dict[str, Any]:
    inner = f'[{{"isValid":false,"message":"{message}","error":"{code}","name":"{name}"}}]'
    return {
        "status": "error",
        "message": f"Property values were not valid: {inner}",
        "category": "VALIDATION_ERROR",
    }


class TestReading:
    def test_each_record_is_keyed_by_the_id_that_was_asked_for(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        responder.replies(json_reply(results(a_record("2", city="Lyon", zip=None), a_record("1"))))

        answer = gateway.read_contacts(["1", "2"], ["city", "zip"])

        assert set(answer.records) == {"1", "2"}
        assert dict(answer.records["2"].properties) == {"city": "Lyon"}
        assert not answer.missing

    def test_the_request_is_hubspots(self, gateway: Gateway, responder: Responder) -> None:
        responder.replies(json_reply(results(a_record("1"))))

        gateway.read_contacts(["1"], ["city"])

        (seen,) = responder.seen
        assert (seen.method, seen.path) == ("POST", "/crm/objects/2026-03/contacts/batch/read")
        assert seen.headers["authorization"] == f"Bearer {TOKEN}"
        assert seen.body == {
            "inputs": [{"id": "1"}],
            "properties": ["city", "hs_merged_object_ids"],
            "propertiesWithHistory": [],
        }

    def test_what_hubspot_says_is_gone_is_gone_whatever_the_status(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        for status in (200, 207):
            responder.script.clear()
            responder.replies(json_reply(results(a_record("1"), errors=[gone("2")]), status=status))

            assert gateway.read_contacts(["1", "2"], []).missing == {"2": "gone"}

    def test_a_record_that_is_nowhere_is_unknown(self, gateway: Gateway, responder: Responder) -> None:
        responder.replies(json_reply(results(a_record("1"))))

        assert gateway.read_contacts(["1", "2"], []).missing == {"2": "unknown"}

    def test_a_merged_contact_answers_for_the_id_it_had(self, gateway: Gateway, responder: Responder) -> None:
        responder.replies(json_reply(results(a_record("9", hs_merged_object_ids="1;5"), a_record("2"))))

        answer = gateway.read_contacts(["1", "2"], [])

        assert answer.records["1"].merged_into == "9"
        assert answer.records["2"].merged_into is None

    def test_a_record_nobody_asked_for_is_given_to_no_lead(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        responder.replies(json_reply(results(a_record("77"), errors=[gone("1")])))

        answer = gateway.read_contacts(["1", "2"], [])

        assert not answer.records
        assert answer.missing == {"1": "unknown", "2": "unknown"}

    def test_history_is_newest_first(self, gateway: Gateway, responder: Responder) -> None:
        entries = [
            {
                "value": "11",
                "timestamp": "2026-11-20T10:00:00.5Z",
                "sourceType": "INTEGRATION",
                "sourceId": "7",
            },
            {
                "value": "22",
                "timestamp": "2026-11-21T10:00:00Z",
                "sourceType": "CRM_UI",
                "sourceId": "userId:3",
            },
        ]
        record = {**a_record("1"), "propertiesWithHistory": {"hubspot_owner_id": entries}}
        responder.replies(json_reply(results(record)))

        history = gateway.read_owner_history(["1", "2"])

        assert set(history) == {"1"}
        newest, oldest = history["1"]["hubspot_owner_id"]
        assert (newest.value, newest.source_id) == ("22", "userId:3")
        assert newest.at == datetime(2026, 11, 21, 10, tzinfo=UTC)
        assert oldest.value == "11"
        assert history["1"]["hs_lead_status"] == ()

    def test_the_history_of_a_merged_contact_is_that_of_its_present_id_alone(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        record = {**a_record("9", hs_merged_object_ids="1;5"), "propertiesWithHistory": {}}
        responder.replies(json_reply(results(record)))

        assert set(gateway.read_owner_history(["1", "9"])) == {"9"}

    @pytest.mark.parametrize("kind", GARBAGE)
    def test_a_read_is_repeated_until_its_answer_is_usable(
        self, gateway: Gateway, responder: Responder, kind: str
    ) -> None:
        responder.replies(GARBAGE[kind], json_reply(results(a_record("1"))))

        assert "1" in gateway.read_contacts(["1"], []).records

    def test_a_read_that_never_brings_anything_says_so_after_three_attempts(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        responder.replies(GARBAGE["html"])

        with pytest.raises(Unreachable, match="contacts/read"):
            gateway.read_contacts(["1"], [])

        assert len(responder.seen) == 3

    def test_the_deadline_holds_for_all_attempts_together(
        self, a_gateway: Callable[..., Gateway], responder: Responder
    ) -> None:
        responder.replies(drip(headers_only=False))

        with pytest.raises(Unreachable):
            a_gateway(deadline_s=1.0).read_contacts(["1"], [])

        assert len(responder.seen) == 1

    def test_more_than_a_batch_is_our_own_mistake(self, gateway: Gateway) -> None:
        with pytest.raises(ValueError, match="100 records"):
            gateway.read_contacts([str(n) for n in range(101)], [])

    def test_nothing_asked_is_no_call(self, gateway: Gateway, responder: Responder) -> None:
        gateway.read_contacts([], [])
        gateway.update_contacts({})
        gateway.read_owner_history([])

        assert not responder.seen


class TestWriting:
    @pytest.mark.parametrize("kind", GARBAGE)
    def test_a_write_without_usable_answer_is_unknown_and_not_repeated(
        self, gateway: Gateway, responder: Responder, kind: str
    ) -> None:
        responder.replies(GARBAGE[kind])

        with pytest.raises(OutcomeUnknown):
            gateway.update_contacts({"1": {"hubspot_owner_id": "7"}})

        assert len(responder.seen) == 1

    @pytest.mark.parametrize("status", [200, 201, 207])
    def test_each_record_has_its_own_outcome_whatever_the_status(
        self, gateway: Gateway, responder: Responder, status: int
    ) -> None:
        refused = {**invalid("hs_lead_status", "INVALID_OPTION"), "context": {"ids": ["3"]}}
        merged = {"category": "OBJECT_MERGED", "message": "it was merged", "context": {"ids": ["4"]}}
        answer = results(a_record("1"), a_record("99"), errors=[gone("2"), refused, merged])
        responder.replies(json_reply(answer, status=status))

        outcomes = gateway.update_contacts({n: {"hs_lead_status": "NEW"} for n in "12345"})

        assert {one: outcome.kind for one, outcome in outcomes.items()} == {
            "1": "written",
            "2": "gone",
            "3": "refused",
            "4": "merged",
            "5": "unknown",
        }
        assert outcomes["3"].property == "hs_lead_status"

    def test_a_refused_batch_is_halved_until_the_bad_record_stands_alone(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        changes = {str(n): {"lead_router_reason": f"r{n}", "hubspot_owner_id": "7"} for n in range(100)}
        changes["63"]["hubspot_owner_id"] = "666"
        responder.replies(_refuse_owner(responder, "666"))

        outcomes = gateway.update_contacts(changes)

        assert outcomes["63"].kind == "refused"
        assert outcomes["63"].property == "hubspot_owner_id"
        assert sum(outcome == Outcome("written") for outcome in outcomes.values()) == 99
        assert len(responder.seen) <= 15

    def test_a_refused_value_is_not_tried_again_in_every_record(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        changes = {str(n): {"hubspot_owner_id": "666" if n % 2 else "7"} for n in range(100)}
        responder.replies(_refuse_owner(responder, "666"))

        outcomes = gateway.update_contacts(changes)

        assert {outcomes[one].kind for one in changes if int(one) % 2} == {"refused"}
        assert {outcomes[one].kind for one in changes if not int(one) % 2} == {"written"}
        assert len(responder.seen) == 3

    def test_a_property_that_does_not_exist_costs_one_call(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        responder.replies(json_reply(invalid("lead_router_rule", "PROPERTY_DOESNT_EXIST"), status=400))

        outcomes = gateway.update_contacts({str(n): {"lead_router_rule": f"r{n}"} for n in range(100)})

        assert {outcome.kind for outcome in outcomes.values()} == {"refused"}
        assert len(responder.seen) == 1

    def test_a_break_in_the_middle_of_a_taken_apart_batch_loses_no_outcome(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        no = json_reply({"category": "VALIDATION_ERROR", "message": "no"}, status=400)
        responder.replies(no, json_reply(results(a_record("3"), a_record("4"))), raw_reply(b"oops"))

        outcomes = gateway.update_contacts({n: {"hs_lead_status": "NEW"} for n in "1234"})

        kinds = {one: outcome.kind for one, outcome in outcomes.items()}
        assert kinds == {"1": "unknown", "2": "unknown", "3": "written", "4": "written"}

    def test_a_write_that_never_left_changed_nothing(self, budget: CallBudget) -> None:
        gateway = Gateway(access_token=TOKEN, base_url="http://127.0.0.1:1", api_version="v3", budget=budget)

        with pytest.raises(Unreachable):
            gateway.update_contacts({"1": {"hubspot_owner_id": "7"}})

    def test_a_short_limit_is_waited_out_even_for_a_write(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        busy = json_reply({"message": "slow down"}, status=429, headers={"Retry-After": "0.2"})
        responder.replies(busy, json_reply(results(a_record("1"))))

        outcomes = gateway.update_contacts({"1": {"hubspot_owner_id": "7"}})

        assert outcomes == {"1": Outcome("written")}


class TestLimits:
    @pytest.mark.parametrize(
        ("body", "headers", "least_s", "most_s"),
        [
            ({"policyName": "TEN_SECONDLY_ROLLING"}, {}, 9, 10),
            ({"message": "You have reached your ten_secondly_rolling limit."}, {}, 9, 10),
            ({"message": "You have reached your daily limit.", "policyName": "DAILY"}, {}, 0, 86_400),
            ({"message": "anything"}, {"Retry-After": "42"}, 41, 42),
            ({}, {"Retry-After": "soon"}, 9, 10),
        ],
    )
    def test_one_429_holds_every_worker_back_as_long_as_its_limit_says(
        self,
        gateway: Gateway,
        responder: Responder,
        budget: CallBudget,
        body: dict[str, str],
        headers: dict[str, str],
        least_s: float,
        most_s: float,
    ) -> None:
        responder.replies(json_reply(body, status=429, headers=headers))

        with pytest.raises(RateLimited):
            gateway.read_contacts(["1"], [])

        pause = budget.paused()
        assert pause is not None
        assert least_s <= (pause.until - datetime.now(UTC)).total_seconds() <= most_s
        assert len(responder.seen) == 1

    def test_a_search_limit_without_policy_is_a_second_and_is_waited_out(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        busy = {"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}
        responder.replies(json_reply(busy, status=429), json_reply(results(a_record("5"))))

        page = gateway.search_contacts([], [])

        assert [record.id for record in page.records] == ["5"]

    def test_a_pause_longer_than_patience_is_not_slept_on(
        self, gateway: Gateway, responder: Responder, budget: CallBudget
    ) -> None:
        budget.pause("HubSpot asks for a break", timedelta(minutes=10))

        with pytest.raises(Paused, match="asks for a break") as caught:
            gateway.read_contacts(["1"], [])

        assert caught.value.retry_after_s > 590
        assert not responder.seen

    def test_a_lock_is_waited_out_for_two_seconds(self, gateway: Gateway, responder: Responder) -> None:
        responder.replies(json_reply({"message": "locked"}, status=423), json_reply(results(a_record("1"))))

        assert gateway.update_contacts({"1": {"a": "b"}})["1"].kind == "written"

    def test_a_migrating_account_pauses_as_long_as_it_asks(
        self, gateway: Gateway, responder: Responder, budget: CallBudget
    ) -> None:
        responder.replies(json_reply({}, status=477, headers={"Retry-After": "7200"}))

        with pytest.raises(Locked) as caught:
            gateway.update_contacts({"1": {"a": "b"}})

        assert caught.value.retry_after_s == 7200
        assert budget.paused() is not None

    def test_every_attempt_is_paid_for(
        self, gateway: Gateway, responder: Responder, redis_client: redis.Redis, keys: Keys
    ) -> None:
        responder.replies(GARBAGE["html"])

        with pytest.raises(Unreachable):
            gateway.read_contacts(["1"], [])

        assert redis_client.zcard(keys.calls) == 3

    def test_failures_open_the_circuit_and_the_next_call_does_not_go_out(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        responder.replies(GARBAGE["a server error"])

        with pytest.raises(Unreachable):
            gateway.read_contacts(["1"], [])
        with pytest.raises(Paused, match="status 502"):
            gateway.read_contacts(["1"], [])

        assert len(responder.seen) == 5

    def test_validation_errors_never_open_the_circuit(
        self, gateway: Gateway, responder: Responder, budget: CallBudget
    ) -> None:
        responder.replies(json_reply(invalid("a", "INVALID_OPTION"), status=400))

        for _ in range(8):
            gateway.update_contacts({"1": {"a": "b"}})

        assert budget.paused() is None

    def test_a_token_that_is_refused_pauses_everything_and_a_good_probe_resumes(
        self,
        gateway: Gateway,
        responder: Responder,
        budget: CallBudget,
        redis_client: redis.Redis,
        keys: Keys,
    ) -> None:
        responder.replies(json_reply({"message": "expired"}, status=401), json_reply(results(a_record("1"))))

        with pytest.raises(AccessDenied, match="access token"):
            gateway.read_contacts(["1"], [])
        pause = budget.paused()
        assert pause is not None
        assert pause.until - pause.since == timedelta(seconds=30)

        _let_the_pause_end(redis_client, keys)
        gateway.read_contacts(["1"], [])
        assert budget.charge().verdict == "granted"

    def test_a_missing_scope_is_named(self, gateway: Gateway, responder: Responder) -> None:
        context = {"requiredGranularScopes": ["crm.objects.users.read"]}
        body = {"category": "MISSING_SCOPES", "errors": [{"message": "no", "context": context}]}
        responder.replies(json_reply(body, status=403))

        with pytest.raises(AccessDenied, match=r"crm\.objects\.users\.read"):
            gateway.read_users()

    def test_a_missing_scope_for_availability_does_not_stop_the_routing(
        self, gateway: Gateway, responder: Responder, budget: CallBudget
    ) -> None:
        responder.replies(json_reply({}, status=403))

        with pytest.raises(AccessDenied):
            gateway.read_users()

        assert budget.paused() is None

    def test_the_portals_limits_are_learned_from_its_answers(
        self, gateway: Gateway, responder: Responder, budget: CallBudget
    ) -> None:
        headers = {"X-HubSpot-RateLimit-Max": "10", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
        responder.replies(json_reply(results(a_record("1")), headers=headers))

        gateway.read_contacts(["1"], [])

        assert budget.tightness() == pytest.approx(1 / 9)


class TestListing:
    def test_a_search_follows_short_pages_and_sorts_by_id(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        more = {"paging": {"next": {"after": "2"}}}
        responder.replies(
            json_reply(results(**more)),
            json_reply(results(a_record("30"), a_record("9"), **more)),
            json_reply(results(a_record("100"))),
        )
        new = [{"propertyName": "hs_lead_status", "operator": "EQ", "value": "NEW"}]

        page = gateway.search_contacts([new], ["city"], after_id="8")

        assert [record.id for record in page.records] == ["9", "30", "100"]
        assert not page.more
        assert responder.seen[0].body["filterGroups"][0]["filters"][-1] == {
            "propertyName": "hs_object_id",
            "operator": "GT",
            "value": "8",
        }

    def test_a_full_page_with_a_cursor_says_there_is_more(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        records = [a_record(str(n)) for n in range(1, 201)]
        responder.replies(json_reply(results(*records, paging={"next": {"after": "200"}})))

        assert gateway.search_contacts([], []).more

    def test_owners_come_from_all_pages_with_the_archived_ones(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        old = {"id": "3", "email": "p@acme.fr", "archived": True, "userIdIncludingInactive": 33}
        ann = {"id": "1", "email": "a@acme.fr", "firstName": "Ann", "lastName": "Le Gall", "userId": 11}
        responder.replies(
            json_reply(results(old)),
            json_reply(results(ann, paging={"next": {"after": "1"}})),
            json_reply(results({"id": "2", "userId": 22})),
        )

        owners = {owner.id: owner for owner in gateway.owners()}

        assert set(owners) == {"1", "2", "3"}
        assert (owners["1"].name, owners["1"].user_id) == ("Ann Le Gall", "11")
        assert (owners["3"].archived, owners["3"].user_id) == (True, "33")
        assert responder.seen[2].path == "/crm/owners/2026-03?after=1&limit=100&archived=false"

    def test_a_cursor_that_repeats_is_not_followed_for_ever(
        self, gateway: Gateway, responder: Responder
    ) -> None:
        responder.replies(json_reply(results({"id": "1"}, paging={"next": {"after": "1"}})))

        with pytest.raises(Unreachable, match="no end"):
            gateway.owners()


class TestMessages:
    def test_no_message_carries_the_token_or_an_address(self, gateway: Gateway, responder: Responder) -> None:
        body = invalid("email", "INVALID_EMAIL", "Email address jean.dupont@acme.fr is invalid")
        responder.replies(json_reply(body, status=400))

        outcome = gateway.update_contacts({"1": {"email": "jean.dupont@acme.fr"}})["1"]

        assert "jean.dupont" not in outcome.reason
        assert TOKEN not in outcome.reason
        assert "[e-mail] is invalid" in outcome.reason

    def test_a_refused_creation_names_its_category(self, gateway: Gateway, responder: Responder) -> None:
        body = {"category": "OBJECT_ALREADY_EXISTS", "message": "group exists"}
        responder.replies(json_reply(body, status=409))

        with pytest.raises(Refused) as caught:
            gateway.create_property_group("lead_router", label="Lead Router")

        assert caught.value.category == "OBJECT_ALREADY_EXISTS"

    def test_what_is_not_there_is_not_found(self, gateway: Gateway, responder: Responder) -> None:
        responder.replies(json_reply({"message": "nothing here"}, status=404))

        with pytest.raises(NotFound):
            gateway.contact_properties()

    def test_calls_are_counted_for_the_metrics(
        self, a_gateway: Callable[..., Gateway], responder: Responder
    ) -> None:
        calls: list[CallMade] = []
        responder.replies(GARBAGE["a reset"], json_reply(results(a_record("1"), a_record("2"))))

        a_gateway(on_call=calls.append).read_contacts(["1", "2"], [])

        assert [(call.endpoint, call.records, call.status) for call in calls] == [
            ("contacts/read", 2, 0),
            ("contacts/read", 2, 200),
        ]


def test_a_call_leaves_nothing_for_the_garbage_collector(gateway: Gateway, responder: Responder) -> None:
    responder.replies(*(json_reply(results(a_record("1"))) for _ in range(2)))
    gateway.read_contacts(["1"], [])
    gc.collect()
    gc.disable()
    try:
        gateway.read_contacts(["1"], [])
        left = gc.collect()
    finally:
        gc.enable()

    assert left < 10, "the objects that try a call again are made once, not for every call"


def _refuse_owner(responder: Responder, owner: str) -> Reply:
    """Refuse any batch in which this owner is named, as HubSpot does; write the others."""

    def reply(connection: Any, stop: Any) -> None:
        inputs = responder.seen[-1].body["inputs"]
        if any(one["properties"].get("hubspot_owner_id") == owner for one in inputs):
            answer = json_reply(invalid("hubspot_owner_id", "INVALID_OWNER_ID"), status=400)
        else:
            answer = json_reply(results(*(a_record(one["id"]) for one in inputs)))
        answer(connection, stop)

    return reply


def _let_the_pause_end(client: redis.Redis, keys: Keys) -> None:
    client.delete(keys.pause)
    client.hset(keys.trial, "next_ms", 0)
