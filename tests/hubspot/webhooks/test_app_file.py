"""The app subscribes to what the rules need, and the rest of its file stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from router.hubspot.webhooks.app_file import PLACE, AppFileUnreadable, plan_of, read_app_file
from router.hubspot.webhooks.subscriptions import Subscription, subscriptions_needed
from router.hubspot.webhooks.webhooks import FOLLOWED
from router.rulefiles.load import load_files
from router.rules_on_disk import read_rule_files
from tests.world.rule_files import ROUTING, policy_of

SHIPPED = Path(__file__).parents[3] / "config" / PLACE
SETTLE = "settle: {wait: 20s}\n"
KINDS = {"object.creation", "object.deletion", "object.restore", "object.merge"}


def needed(routing: str = ROUTING) -> tuple[Subscription, ...]:
    return subscriptions_needed(policy_of({"routing.yaml": routing}))


def plain() -> str:
    """The app for the small rules without `settle`."""
    return read_app_file(SHIPPED.read_bytes()).rewritten(needed())


def test_the_shipped_app_has_what_the_shipped_rules_need() -> None:
    rules = load_files(read_rule_files(Path(str(SHIPPED).removesuffix(PLACE)))).policy
    assert rules is not None
    file = read_app_file(SHIPPED.read_bytes())

    assert plan_of(file, subscriptions_needed(rules)).is_done
    assert file.rewritten(subscriptions_needed(rules)) == file.text


def test_without_settle_the_properties_that_are_followed_are_enough() -> None:
    file = read_app_file(plain().encode())

    assert plan_of(file, needed()).is_done
    assert {one.property_name for one in file.subscriptions if one.property_name} == FOLLOWED
    assert file.rewritten(needed()) == file.text


def test_with_settle_every_property_that_the_rules_read_is_added() -> None:
    added = plan_of(read_app_file(plain().encode()), needed(ROUTING + SETTLE)).add

    assert [one.property_name or one.kind for one in added] == [
        *("object.associationChange", "associatedcompanyid", "country", "email", "hs_country_region_code"),
        *("recent_conversion_date", "request"),
    ]


def test_without_companies_nobody_asks_for_associations() -> None:
    policy = policy_of({"routing.yaml": ROUTING})

    assert {one.kind for one in subscriptions_needed(policy) if not one.property_name} == {
        *KINDS,
        "contact.privacyDeletion",
    }


def test_properties_that_mean_an_outcome_are_asked_for() -> None:
    routing = ROUTING + "outcomes: {won: {request: [demo]}}\n"

    assert "request" in {one.property_name for one in needed(routing)}


def test_what_hubspot_does_not_tell_is_never_asked_for_and_taken_out() -> None:
    impossible = Subscription("object.propertyChange", property_name="num_unique_conversion_events")
    content = json.loads(plain())
    content["config"]["subscriptions"]["crmObjects"].append(impossible.entry)

    plan = plan_of(read_app_file(json.dumps(content).encode()), needed())

    assert plan.take_out == (impossible,)
    assert not impossible.is_possible


def test_only_the_subscriptions_are_rewritten() -> None:
    text = plain().replace("https://leads.example.com", "https://my.own").replace("10}", "7}")
    text = text.replace('"uid": "webhooks"', '"uid": "we\\u0062hooks", "subscriptions": {}, "more": [1.50]')
    file = read_app_file(text.encode())

    written = file.rewritten(needed(ROUTING + SETTLE))

    assert written.partition('"subscriptions": {\n')[0] == text.partition('"subscriptions": {\n')[0]
    assert plan_of(read_app_file(written.encode()), needed(ROUTING + SETTLE)).is_done


def test_a_file_without_the_usual_lists_gets_them() -> None:
    content = {"uid": "é", "config": {"settings": {"targetUrl": "x"}, "subscriptions": {"later": [1, 2]}}}
    file = read_app_file(json.dumps(content).encode())

    written = json.loads(file.rewritten(needed()))

    assert written["config"]["subscriptions"].pop("later") == [1, 2]
    assert written["config"]["settings"] == {"targetUrl": "x"}
    assert len(written["config"]["subscriptions"]["crmObjects"]) == len(needed()) - 1


def test_an_inactive_subscription_is_none_and_one_that_stands_twice_goes_once() -> None:
    creation, deletion = needed()[:2]
    entries = [creation.entry | {"active": False}, deletion.entry, deletion.entry]
    file = read_app_file(a_file(entries))

    plan = plan_of(file, (creation, deletion))

    assert (plan.add, plan.take_out) == ((creation,), (deletion,))
    assert plan_of(read_app_file(file.rewritten((creation, deletion)).encode()), (creation, deletion)).is_done


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"it is not JSON \(line 1, column 1\)"),
        (b"\xff", "it is not JSON in UTF-8"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "no 'config'"),
        (b'{"config": {"subscriptions": []}}', "no 'config' with 'subscriptions'"),
        (b'{"config": {"subscriptions": {"crmObjects": {}}}}', "'crmObjects' is not a list"),
        (b'{"config": {"subscriptions": {"hubEvents": [1]}}}', "'hubEvents' is not a list"),
        (b'{"config": {"subscriptions": {"hubEvents": [{}]}}}', "no text as its 'subscriptionType'"),
        (
            b'{"config": {"subscriptions": {"crmObjects": [{"subscriptionType": "a", "propertyName": []}]}}}',
            "no text",
        ),
    ],
)
def test_what_is_no_app_file_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(AppFileUnreadable, match=sentence):
        read_app_file(content)


def a_file(entries: list[dict[str, Any]]) -> bytes:
    lists = {"crmObjects": entries, "legacyCrmObjects": [], "hubEvents": []}
    return json.dumps({"config": {"subscriptions": lists}}).encode()
