"""The gateway against the sandbox portal: what HubSpot does, in every version of its paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from router.hubspot.api.errors import AccessDenied, OutcomeUnknown, RateLimited, Unreachable
from router.hubspot.api.gateway import Gateway
from router.hubspot.catalog import pull_catalog
from router.hubspot.setup import apply, plan_for
from router.policy.leads.catalog import FactType
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.store.budget.budget import CallBudget
from router.store.keys import Keys

VERSIONS = ("v3", "2026-03", "2026-09")


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxClient]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: SandboxClient) -> SandboxClient:
    running.reset()
    running.repair()
    running.settings(validation="whole_batch")
    return running


@pytest.fixture
def a_portal_gateway(sandbox: SandboxClient, budget: CallBudget) -> Callable[[str], Gateway]:
    def build(api_version: str) -> Gateway:
        return Gateway(
            access_token=sandbox.token,
            base_url=sandbox.base_url,
            api_version=api_version,
            budget=budget,
            deadline_s=3.0,
        )

    return build


@pytest.fixture
def portal(a_portal_gateway: Callable[[str], Gateway]) -> Gateway:
    return a_portal_gateway("2026-03")


def an_owner(gateway: Gateway, *, archived: bool = False) -> str:
    return next(owner.id for owner in gateway.owners() if owner.archived is archived)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_lead_is_read_written_and_its_history_names_us(
    sandbox: SandboxClient, a_portal_gateway: Callable[[str], Gateway], version: str
) -> None:
    gateway = a_portal_gateway(version)
    ids = sandbox.create_contacts(3, seed=1)
    owner = an_owner(gateway)

    before = gateway.read_contacts([*ids, "999999999"], ["email", "hubspot_owner_id"])
    outcomes = gateway.update_contacts({one: {"hubspot_owner_id": owner} for one in ids})
    after = gateway.read_contacts(ids, ["hubspot_owner_id"])
    history = gateway.read_owner_history(ids)

    assert set(before.records) == set(ids)
    assert before.missing == {"999999999": "gone"}
    assert {outcome.kind for outcome in outcomes.values()} == {"written"}
    assert {record.properties["hubspot_owner_id"] for record in after.records.values()} == {owner}
    newest = history[ids[0]]["hubspot_owner_id"][0]
    assert (newest.value, newest.source_type) == (owner, "INTEGRATION")


def test_a_person_is_seen_in_the_history(sandbox: SandboxClient, portal: Gateway) -> None:
    (contact,) = sandbox.create_contacts(1)
    owner = an_owner(portal)
    sandbox.edit_by_hand(contact, owner=owner)

    newest = portal.read_owner_history([contact])[contact]["hubspot_owner_id"][0]

    assert (newest.value, newest.source_type) == (owner, "CRM_UI")


@pytest.mark.parametrize("validation", ["whole_batch", "per_record"])
@pytest.mark.parametrize("version", VERSIONS)
def test_one_bad_record_does_not_keep_the_others_from_being_written(
    sandbox: SandboxClient, a_portal_gateway: Callable[[str], Gateway], version: str, validation: str
) -> None:
    gateway = a_portal_gateway(version)
    sandbox.settings(validation=validation)
    ids = sandbox.create_contacts(20)
    live, archived = an_owner(gateway), an_owner(gateway, archived=True)
    changes = {one: {"hubspot_owner_id": archived if one == ids[7] else live} for one in ids}

    outcomes = gateway.update_contacts(changes)

    assert outcomes[ids[7]].kind == "refused"
    assert outcomes[ids[7]].property == "hubspot_owner_id"
    assert {outcomes[one].kind for one in ids if one != ids[7]} == {"written"}


def test_a_deleted_contact_is_gone(sandbox: SandboxClient, portal: Gateway) -> None:
    kept, deleted = sandbox.create_contacts(2)
    sandbox.delete(deleted)

    outcomes = portal.update_contacts({one: {"hs_lead_status": "NEW"} for one in [kept, deleted]})

    assert [outcomes[kept].kind, outcomes[deleted].kind] == ["written", "gone"]
    assert portal.read_contacts([deleted], []).missing == {deleted: "gone"}


def test_a_merged_contact_is_found_under_the_id_it_had(sandbox: SandboxClient, portal: Gateway) -> None:
    first, second, other = sandbox.create_contacts(3)
    merged = sandbox.merge(first, into=second)
    _remember_merge(sandbox, portal, merged=merged, former=f"{first};{second}")

    answer = portal.read_contacts([first, other], ["email"])

    assert answer.records[first].merged_into == merged
    assert answer.records[other].merged_into is None


def test_a_search_goes_on_after_the_last_id(sandbox: SandboxClient, portal: Gateway) -> None:
    ids = sorted(sandbox.create_contacts(230), key=int)
    sandbox.settings(search_lag_ms=0)

    first = portal.search_contacts([], ["email"])
    second = portal.search_contacts([], ["email"], after_id=first.records[-1].id)

    assert [len(first.records), len(second.records)] == [200, 30]
    assert [first.more, second.more] == [True, False]
    assert [record.id for record in first.records + second.records] == ids


def test_the_catalog_of_the_portal(portal: Gateway) -> None:
    catalog = pull_catalog(portal)

    langue = catalog.property("langue")
    assert langue is not None
    assert (langue.type, [option.value for option in langue.options]) == (
        FactType.CHOICE,
        ["fr", "en", "de", "es"],
    )
    assert catalog.contact["produit_interesse"].type is FactType.CHOICES
    assert catalog.contact["hs_object_id"].read_only
    assert catalog.company["numberofemployees"].integer
    assert {owner.email for owner in catalog.owners if owner.archived} == {"paul.ancien@acme.fr"}


def test_the_setup_creates_what_is_missing_and_then_has_nothing_to_do(
    sandbox: SandboxClient, portal: Gateway
) -> None:
    apply(portal, plan_for(portal))

    assert plan_for(portal).is_done
    (contact,) = sandbox.create_contacts(1)
    written = portal.update_contacts({contact: {"lead_router_due_at": "2026-11-23T09:00:00Z"}})
    assert written[contact].kind == "written"


def test_users_come_with_their_availability(portal: Gateway) -> None:
    users = portal.read_users()

    owners = {owner.user_id for owner in portal.owners()}
    assert {user.properties.get("hs_internal_user_id") for user in users} & owners


@pytest.mark.parametrize(
    "fault", ["500", "502", "garbage", "truncated", "huge", "reset", "wrong_id", "missing", "drip"]
)
def test_no_fault_gives_a_lead_the_facts_of_another(
    sandbox: SandboxClient, portal: Gateway, fault: str
) -> None:
    ids = sandbox.create_contacts(5)
    emails = {one["id"]: one["properties"]["email"] for one in sandbox.contacts(*ids)}
    sandbox.break_with(
        fault, next=1, on="contacts/batch/read", **({"seconds": 30} if fault == "drip" else {})
    )

    try:
        answer = portal.read_contacts(ids, ["email"])
    except Unreachable:
        return  # nothing usable came: nothing is believed

    assert set(answer.records) | set(answer.missing) == set(ids)
    assert all(record.properties["email"] == emails[one] for one, record in answer.records.items())


@pytest.mark.parametrize("fault", ["applied_then_502", "applied_then_hang", "garbage", "reset", "late"])
def test_a_write_that_may_be_applied_is_unknown_and_sent_once(
    sandbox: SandboxClient, portal: Gateway, fault: str
) -> None:
    ids = sandbox.create_contacts(2)
    owner = an_owner(portal)
    how = {"seconds": 4} if fault in ("applied_then_hang", "late") else {}
    sandbox.break_with(fault, next=1, on="contacts/batch/update", **how)

    with pytest.raises(OutcomeUnknown):
        portal.update_contacts({one: {"hubspot_owner_id": owner} for one in ids})


def test_sixteen_threads_each_get_their_own_answers(sandbox: SandboxClient, portal: Gateway) -> None:
    ids = sandbox.create_contacts(160)
    parts = [ids[n::16] for n in range(16)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda part: portal.read_contacts(part, ["email"]), parts * 3))

    for part, answer in zip(parts * 3, answers, strict=True):
        assert set(answer.records) == set(part)


def test_our_budget_keeps_us_below_the_portals_limit(
    sandbox: SandboxClient, redis_client: redis.Redis, keys: Keys
) -> None:
    sandbox.settings(calls_per_10s=40)
    budget = CallBudget(redis_client, keys, calls_per_10s=40)
    gateway = Gateway(access_token=sandbox.token, base_url=sandbox.base_url, api_version="v3", budget=budget)
    (contact,) = sandbox.create_contacts(1)

    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: gateway.read_contacts([contact], [], priority="sweep"), range(40))
        )

    sandbox.settings(calls_per_10s=0)
    assert len(answers) == 40  # no 429 among them: it would have raised


def test_part_of_a_batch_that_fails_is_told_record_by_record(sandbox: SandboxClient, portal: Gateway) -> None:
    ids = sandbox.create_contacts(20)
    sandbox.break_with("partial", next=1, on="contacts/batch/update")

    outcomes = portal.update_contacts({one: {"hs_lead_status": "OPEN"} for one in ids})

    stored = {one["id"]: one["properties"].get("hs_lead_status") for one in sandbox.contacts(*ids)}
    written = {one for one, outcome in outcomes.items() if outcome.kind == "written"}
    assert written
    assert written == {one for one, status in stored.items() if status == "OPEN"}


def test_a_429_pauses_every_worker(sandbox: SandboxClient, portal: Gateway, budget: CallBudget) -> None:
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("429", next=1)

    with pytest.raises(RateLimited):
        portal.read_contacts([contact], [])

    assert budget.paused() is not None


def test_a_refused_token_pauses_every_worker(
    sandbox: SandboxClient, portal: Gateway, budget: CallBudget
) -> None:
    (contact,) = sandbox.create_contacts(1)
    sandbox.break_with("401", next=1)

    with pytest.raises(AccessDenied):
        portal.read_contacts([contact], [])

    pause = budget.paused()
    assert pause is not None
    assert "token" in pause.reason


def _remember_merge(sandbox: SandboxClient, portal: Gateway, *, merged: str, former: str) -> None:
    """List the former ids on the merged contact, as HubSpot does by itself."""
    if "hs_merged_object_ids" not in {known.name for known in portal.contact_properties()}:
        portal.create_property(
            "hs_merged_object_ids",
            label="Merged record IDs",
            group="contactinformation",
            kind="string",
            field_type="text",
            description="",
        )
    sandbox.edit_by_hand(merged, properties={"hs_merged_object_ids": former})
