"""The trip of a batch on real parts: owner, status and reason together, once, and never over a person's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

from router.hubspot.api.errors import ComeBackLater
from router.routing.intake import route as route_module
from router.routing.intake.deciding import decide_and_commit
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.inbox.inbox import GROUP
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import Clock


def owners_of(sandbox: SandboxClient) -> dict[str, str]:
    return {
        contact["id"]: contact["properties"].get("hubspot_owner_id", "") for contact in sandbox.contacts()
    }


def test_a_new_contact_gets_owner_status_and_reason_in_two_calls(
    services: Services, sandbox: SandboxClient
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(8)])
    services.people.owners.by_email()
    before = sandbox.calls()["total"]
    announce(services, *ids)

    route_all(services)

    properties = sandbox.contact(ids[0])["properties"]
    assert sandbox.calls()["total"] - before == 2
    assert properties["hubspot_owner_id"] == OWNERS["camille"]
    assert properties["hs_lead_status"] == "NEW"
    assert properties["lead_router_rule"] == "otherwise"
    assert properties["lead_router_grade"] == "A1"
    assert properties["lead_router_segment"] == "chaud"
    assert properties["lead_router_score"] == "120"
    assert "camille" in properties["lead_router_reason"]
    assert properties["lead_router_due_at"] > properties["createdate"]
    assert properties["lead_router_decision_id"].startswith(f"{ids[0]}-0-")


def test_weights_are_honoured_on_the_record(services: Services, sandbox: SandboxClient) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(40)])
    announce(services, *ids)

    route_all(services)

    owners = list(owners_of(sandbox).values())
    assert [owners.count(OWNERS[rep]) for rep in ("camille", "hugo", "lea")] == [20, 10, 10]


def test_a_lead_announced_ten_times_is_written_once(services: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    for _ in range(5):
        announce(services, contact_id, contact_id)

    first = route_all(services)
    announce(services, contact_id)
    second = route_all(services)

    assert len(sandbox.writes()) == 1
    assert [routed.duplicates for routed in first + second] == [0, 1]


def test_every_kind_of_outcome_is_written_as_decided(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    (company,) = sandbox.create_companies([{"name": "Acier", "hubspot_owner_id": OWNERS["nadia"]}])
    support, followed, abroad, cold = sandbox.create_exactly(
        [
            a_hot_contact(type_demande="support"),
            a_hot_contact(associatedcompanyid=company),
            a_hot_contact(country="Allemagne"),
            a_hot_contact(jobtitle="Comptable", type_demande=""),
        ]
    )
    announce(services, support, followed, abroad, cold)

    route_all(services)

    owners = owners_of(sandbox)
    assert owners == {support: "", followed: OWNERS["nadia"], abroad: OWNERS["marc"], cold: ""}
    nurtured = sandbox.contact(cold)["properties"]
    assert (nurtured["lifecyclestage"], nurtured["lead_router_rule"]) == ("lead", "Froids")
    assert "hs_lead_status" not in nurtured
    assert sandbox.contact(support)["properties"]["lead_router_rule"] == "Support"
    states = services.store.leads.recall([support, followed, abroad, cold])
    assert [states[one].state for one in (support, followed)] == [State.DONE, State.WRITTEN]


def test_a_contact_that_has_an_owner_is_left_alone(services: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(hubspot_owner_id=OWNERS["claire"])])
    announce(services, contact_id)

    route_all(services)

    assert sandbox.writes() == []
    assert services.store.leads.recall([contact_id])[contact_id].state is State.HUMAN


def test_a_status_that_is_set_stays(services: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(hs_lead_status="IN_PROGRESS")])
    announce(services, contact_id)

    route_all(services)

    properties = sandbox.contact(contact_id)["properties"]
    assert properties["hs_lead_status"] == "IN_PROGRESS"
    assert properties["hubspot_owner_id"]


def test_a_deleted_contact_ends_quietly(services: Services, sandbox: SandboxClient) -> None:
    gone, there = sandbox.create_exactly([a_hot_contact(), a_hot_contact()])
    sandbox.delete(gone)
    announce(services, gone, there)

    route_all(services)

    states = services.store.leads.recall([gone, there])
    assert (states[gone].state, states[there].state) == (State.GONE, State.WRITTEN)
    assert not services.store.inbox.has_work()


def test_a_merged_contact_is_routed_under_its_new_id(services: Services, sandbox: SandboxClient) -> None:
    one, other = sandbox.create_exactly([a_hot_contact(), a_hot_contact()])
    merged = sandbox.merge(one, into=other)
    announce(services, one, other)

    route_all(services)

    assert sandbox.contact(merged)["properties"]["hubspot_owner_id"]
    assert len({write["owner"] for write in sandbox.writes()}) == 1


@pytest.mark.parametrize("fault", ["applied_then_502", "partial", "missing", "500", "garbage", "truncated"])
def test_an_unclear_answer_to_a_write_is_read_again_and_never_written_twice(
    services: Services, sandbox: SandboxClient, fault: str
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(10)])
    announce(services, *ids)
    sandbox.break_with(fault, on="contacts/batch/update", next=1)

    route_all(services)

    distinct = {contact: {w["owner"] for w in sandbox.writes() if w["id"] == contact} for contact in ids}
    assert all(owners_of(sandbox)[contact] for contact in ids)
    assert all(len(owners) == 1 for owners in distinct.values())
    assert not services.store.inbox.has_work()


def test_a_record_that_hubspot_refuses_is_parked_and_the_others_are_written(
    services: Services, sandbox: SandboxClient, rules: Path
) -> None:
    catalog, routing = rules / "hubspot.catalog.json", rules / "routing.yaml"
    catalog.write_text(catalog.read_text().replace('"value": "contenu"', '"value": "reve"'))
    routing.write_text(routing.read_text().replace("lifecyclestage: lead", "type_demande: reve"))
    scoring = rules / "scoring.yaml"
    scoring.write_text(scoring.read_text().replace(", contenu: 10", ""))
    services.rules.refresh()
    hot = sandbox.create_exactly([a_hot_contact() for _ in range(5)])
    cold = sandbox.create_exactly([a_hot_contact(jobtitle="Comptable", type_demande="")])
    announce(services, *hot, *cold)

    route_all(services)

    parked = services.store.leads.parked()
    assert list(parked) == cold
    assert "reve was not one of the allowed options" in parked[cold[0]]["why"]
    assert all(owners_of(sandbox)[contact] for contact in hot)


def test_an_owner_archived_meanwhile_is_replaced_once_and_the_share_goes_back(
    services: Services, sandbox: SandboxClient
) -> None:
    services.people.owners.by_email()
    sandbox.archive_owner(OWNERS["camille"])
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(6)])
    announce(services, *ids)

    route_all(services)

    owners = list(owners_of(sandbox).values())
    fields, _ = services.store.commits.read_book()
    assert (owners.count(OWNERS["hugo"]), owners.count(OWNERS["lea"])) == (3, 3)
    assert fields["open:camille"] == 0
    assert sum(value for name, value in fields.items() if name.startswith("credit:idf:")) == 0


def test_an_emptied_redis_converges_without_changing_one_owner(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(12)])
    announce(services, *ids)
    route_all(services)
    owners = owners_of(sandbox)
    redis_client.flushall()

    announce(services, *ids)
    route_all(services)

    assert owners_of(sandbox) == owners
    assert len(sandbox.writes()) == 12


def test_what_happened_reaches_the_ledger(services: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    route_all(services)

    record_outbox(services)

    (decision,) = services.ledger.decisions_of(contact_id)
    assert decision["outcome"]["rep"] == "camille"
    assert "email" not in decision["facts"]
    assert [entry.kind for entry in services.ledger.events_of(contact_id)] == ["written"]
    assert services.store.outbox.length() == 0


def test_a_routed_lead_is_one_log_line_without_personal_facts(
    services: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(firstname="Jeanne", lastname="Boulanger")])
    announce(services, contact_id)

    with capture_logs() as lines:
        route_all(services)

    (line,) = [line for line in lines if line["event"].startswith("lead.")]
    assert line["event"] == "lead.written"
    assert line["contact_id"] == contact_id
    assert "Jeanne" not in str(line)
    assert "a@acier.fr" not in str(line)


def test_a_lead_that_was_tried_too_often_is_parked(
    services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    (entry,) = services.store.inbox.take("dead")
    for _ in range(8):
        redis_client.execute_command(
            "XCLAIM",
            services.store.keys.inbox,
            "routers",
            "dead",
            0,
            entry.id,
            "IDLE",
            60_000,
            "RETRYCOUNT",
            8,
        )

    route_all(services)

    assert list(services.store.leads.parked()) == [contact_id]


def test_a_second_announcement_leaves_a_decided_lead_to_whoever_holds_the_first(
    services: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    first = services.store.inbox.take("anna")
    sandbox.break_with("500", on="contacts/batch/update", next=50)
    route(services, first, consumer="anna")
    announce(services, contact_id)

    second = route(services, services.store.inbox.take("ben"), consumer="ben")
    sandbox.repair()
    services.hubspot.budget.resume()
    again = route(services, first, consumer="anna")

    assert (second.duplicates, again.finished) == (1, 1)
    assert not services.store.inbox.has_work()
    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"]


def test_a_lead_given_back_after_its_decision_is_not_mistaken_for_somebody_elses(
    services: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    first = services.store.inbox.take("anna")
    sandbox.break_with("429", on="contacts/batch/update", next=1)
    with pytest.raises(ComeBackLater):
        route(services, first, consumer="anna")
    services.store.inbox.release("anna", first)
    services.hubspot.budget.resume()

    route_all(services, consumer="ben")

    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"]


def test_calls_to_hubspot_are_counted_for_the_metrics(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(7)])
    announce(services, *ids)
    redis_client.delete(services.store.keys.counts)

    route_all(services)

    counts = redis_client.hgetall(services.store.keys.counts)
    assert (counts["hubspot_calls"], counts["hubspot_records"]) == ("4", "16"), (
        "owners (live and archived), read, write"
    )
    assert "hubspot_calls_failed" not in counts


def test_a_lead_whose_claim_moves_between_reading_and_committing_is_carried_on(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anna stands still after her read; ben takes her claim over and reads, too; she decides first."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    of_anna = services.store.inbox.take("anna")
    (claim,) = of_anna
    redis_client.xclaim(claim.stream, GROUP, "anna", 0, [claim.id], idle=60_000, justid=True)
    of_ben = services.store.inbox.take("ben")

    def anna_comes_first(*args: Any, **how: Any) -> Any:
        monkeypatch.setattr(route_module, "decide_and_commit", decide_and_commit)
        route(services, of_anna, consumer="anna")
        return decide_and_commit(*args, **how)

    # The moment lies inside ben's batch, where no other part of the product can be put in between.
    monkeypatch.setattr(route_module, "decide_and_commit", anna_comes_first)
    route(services, of_ben, consumer="ben")
    route_all(services)

    assert [entry.contact_id for entry in of_ben] == [contact_id]
    assert owners_of(sandbox)[contact_id]
