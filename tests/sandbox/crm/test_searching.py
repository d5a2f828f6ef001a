"""What a search finds, and how its index and its pages deceive."""

from __future__ import annotations

from typing import Any

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import CAMILLE, App
from tests.world.time import wait_for


def a_filter(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A filter with only the fields it needs."""
    return {"propertyName": name, "operator": operator, **({"value": value} if value else {}), **more}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (a_filter("zip", "EQ", "75011"), {"paris"}),
        (a_filter("zip", "NEQ", "75011"), {"brest"}),
        (a_filter("city", "EQ", "paris"), {"paris"}),
        (a_filter("city", "IN", values=["paris", "lyon"]), {"paris"}),
        (a_filter("city", "IN", values=["Paris"]), set()),
        (a_filter("type_demande", "EQ", "demo"), {"paris"}),
        (a_filter("type_demande", "EQ", "DEMO"), set()),
        (a_filter("type_demande", "NOT_IN", values=["demo"]), {"brest"}),
        (a_filter("num_conversion_events", "GT", "9"), {"brest"}),
        (a_filter("num_conversion_events", "BETWEEN", "1", highValue="10"), {"paris", "brest"}),
        (a_filter("recent_conversion_date", "LT", "1795200000000"), {"paris"}),
        (a_filter("recent_conversion_date", "GTE", "1795200000000"), {"brest"}),
        (a_filter("jobtitle", "HAS_PROPERTY"), {"paris"}),
        (a_filter("jobtitle", "NOT_HAS_PROPERTY"), {"brest", "empty"}),
        (a_filter("jobtitle", "CONTAINS_TOKEN", "direct*"), {"paris"}),
    ],
)
def test_operators(sandbox: SandboxClient, app: App, asked: dict[str, Any], found: set[str]):
    paris = {"firstname": "paris", "zip": "75011", "city": "Paris", "type_demande": "demo"}
    paris |= {"num_conversion_events": "9", "recent_conversion_date": "2026-11-01T10:00:00.000Z"}
    paris |= {"jobtitle": "Directrice financière"}
    brest = {"firstname": "brest", "zip": "29200", "city": "Brest", "type_demande": "devis"}
    brest |= {"num_conversion_events": "10", "recent_conversion_date": "2026-11-30T10:00:00.000Z"}
    sandbox.create_exactly([paris, brest, {"firstname": "empty"}])

    answer = app.search(asked, properties=["firstname"])

    assert answer.status_code == 200, answer.text
    assert {record["properties"]["firstname"] for record in answer.json()["results"]} == found
    assert answer.json()["total"] == len(found)


def test_groups_are_alternatives(sandbox: SandboxClient, app: App):
    sandbox.create_exactly([{"zip": "1"}, {"zip": "2"}, {"zip": "3"}])
    groups = [{"filters": [a_filter("zip", "EQ", value)]} for value in ("1", "3")]

    answer = app.post("/crm/v3/objects/contacts/search", {"filterGroups": groups})

    assert answer.json()["total"] == 2


def test_pages_follow_each_other_in_the_order_asked_for(sandbox: SandboxClient, app: App):
    ids = sandbox.create_contacts(25)
    by_id = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]

    assert all_pages(app, limit=10, sorts=by_id) == ids[::-1]


@pytest.mark.parametrize("trouble", [{"search_short_pages": True}, {"search_ghosts": 23}])
def test_short_and_empty_pages_lose_nothing_to_who_follows_the_cursor(
    sandbox: SandboxClient, app: App, trouble: dict[str, Any]
):
    ids = sandbox.create_contacts(25)
    sandbox.settings(**trouble)

    first = app.search(limit=10).json()

    assert len(first["results"]) < 10
    assert first["paging"]["next"]["after"].isdigit()
    assert all_pages(app, limit=10) == ids


def all_pages(app: App, **body: Any) -> list[str]:
    """The ids of every page, following the cursor."""
    ids: list[str] = []
    after = "0"
    while True:
        page = app.search(after=after, **body).json()
        ids += [record["id"] for record in page["results"]]
        if "paging" not in page:
            return ids
        after = page["paging"]["next"]["after"]


def test_the_index_lags_behind_new_contacts_and_changes(sandbox: SandboxClient, app: App):
    (contact,) = sandbox.create_contacts(1)
    sandbox.settings(search_lag_ms=400)
    owned = a_filter("hubspot_owner_id", "HAS_PROPERTY")

    assert app.search().json()["total"] == 0
    wait_for(lambda: app.search().json()["total"] == 1)
    app.update({contact: {"hubspot_owner_id": CAMILLE}})
    assert app.search(owned).json()["total"] == 0
    wait_for(lambda: app.search(owned).json()["total"] == 1)


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 100, "after": "9901"},
        {"after": "xyz"},
        {"sorts": ["zip", "city"]},
        {"filterGroups": [{"filters": [a_filter("zip", "EQ", "1")]}] * 6},
        {"filterGroups": [{"filters": [a_filter("zip", "EQ", "1")] * 7}]},
        {"filterGroups": [{"filters": [a_filter("nonsense", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [a_filter("zip", "EQ", "1" * 3000)]}]},
    ],
)
def test_what_a_search_refuses(app: App, body: dict[str, Any]):
    assert app.post("/crm/v3/objects/contacts/search", body).status_code == 400
