"""The trip of a batch on real parts: owner, status and reason together, once, and never over a person's."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from structlog.testing import capture_logs

from router.hubspot.api.errors import ComeBackLater
from router.routing.intake.route import route
from router.routing.outbox.record import record
from router.routing.portal.services import Desk
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import Clock


def owners_of(sandbox: SandboxClient) -> dict[str, str]:
    return {
        contact["id"]: contact["properties"].get("hubspot_owner_id", "") for contact in sandbox.contacts()
    }


def test_a_new_contact_gets_owner_status_and_reason_in_two_calls(desk: Desk, sandbox: SandboxClient) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(8)])
    desk.owners.by_email()
    before = sandbox.calls()["total"]
    announce(desk, *ids)

    route_all(desk)

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


def test_weights_are_honoured_on_the_record(desk: Desk, sandbox: SandboxClient) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(40)])
    announce(desk, *ids)

    route_all(desk)

    owners = list(owners_of(sandbox).values())
    assert [owners.count(OWNERS[rep]) for rep in ("camille", "hugo", "lea")] == [20, 10, 10]


def test_a_lead_announced_ten_times_is_written_once(desk: Desk, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    for _ in range(5):
        announce(desk, contact_id, contact_id)

    first = route_all(desk)
    announce(desk, contact_id)
    second = route_all(desk)

    assert len(sandbox.writes()) == 1
    assert [routed.duplicates for routed in first + second] == [0, 1]


def test_every_kind_of_outcome_is_written_as_decided(
    desk: Desk, sandbox: SandboxClient, redis_client: redis.Redis
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
    announce(desk, support, followed, abroad, cold)

    route_all(desk)

    owners = owners_of(sandbox)
    assert owners == {support: "", followed: OWNERS["nadia"], abroad: OWNERS["marc"], cold: ""}
    nurtured = sandbox.contact(cold)["properties"]
    assert (nurtured["lifecyclestage"], nurtured["lead_router_rule"]) == ("lead", "Froids")
    assert "hs_lead_status" not in nurtured
    assert sandbox.contact(support)["properties"]["lead_router_rule"] == "Support"
    states = desk.leads.recall([support, followed, abroad, cold])
    assert [states[one].state for one in (support, followed)] == [State.DONE, State.WRITTEN]


def test_a_contact_that_has_an_owner_is_left_alone(desk: Desk, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(hubspot_owner_id=OWNERS["claire"])])
    announce(desk, contact_id)

    route_all(desk)

    assert sandbox.writes() == []
    assert desk.leads.recall([contact_id])[contact_id].state is State.HUMAN


def test_a_status_that_is_set_stays(desk: Desk, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(hs_lead_status="IN_PROGRESS")])
    announce(desk, contact_id)

    route_all(desk)

    properties = sandbox.contact(contact_id)["properties"]
    assert properties["hs_lead_status"] == "IN_PROGRESS"
    assert properties["hubspot_owner_id"]


def test_a_deleted_contact_ends_quietly(desk: Desk, sandbox: SandboxClient) -> None:
    gone, there = sandbox.create_exactly([a_hot_contact(), a_hot_contact()])
    sandbox.delete(gone)
    announce(desk, gone, there)

    route_all(desk)

    states = desk.leads.recall([gone, there])
    assert (states[gone].state, states[there].state) == (State.GONE, State.WRITTEN)
    assert not desk.inbox.has_work()


def test_a_merged_contact_is_routed_under_its_new_id(desk: Desk, sandbox: SandboxClient) -> None:
    one, other = sandbox.create_exactly([a_hot_contact(), a_hot_contact()])
    merged = sandbox.merge(one, into=other)
    announce(desk, one, other)

    route_all(desk)

    assert sandbox.contact(merged)["properties"]["hubspot_owner_id"]
    assert len({write["owner"] for write in sandbox.writes()}) == 1


@pytest.mark.parametrize("fault", ["applied_then_502", "partial", "missing", "500", "garbage", "truncated"])
def test_an_unclear_answer_to_a_write_is_read_again_and_never_written_twice(
    desk: Desk, sandbox: SandboxClient, fault: str
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(10)])
    announce(desk, *ids)
    sandbox.break_with(fault, on="contacts/batch/update", next=1)

    route_all(desk)

    distinct = {contact: {w["owner"] for w in sandbox.writes() if w["id"] == contact} for contact in ids}
    assert all(owners_of(sandbox)[contact] for contact in ids)
    assert all(len(owners) == 1 for owners in distinct.values())
    assert not desk.inbox.has_work()


def test_a_record_that_hubspot_refuses_is_parked_and_the_others_are_written(
    desk: Desk, sandbox: SandboxClient, rules: Path
) -> None:
    catalog, routing = rules / "hubspot.catalog.json", rules / "routing.yaml"
    catalog.write_text(catalog.read_text().replace('"value": "contenu"', '"value": "reve"'))
    routing.write_text(routing.read_text().replace("lifecyclestage: lead", "type_demande: reve"))
    scoring = rules / "scoring.yaml"
    scoring.write_text(scoring.read_text().replace(", contenu: 10", ""))
    desk.rules.refresh()
    hot = sandbox.create_exactly([a_hot_contact() for _ in range(5)])
    cold = sandbox.create_exactly([a_hot_contact(jobtitle="Comptable", type_demande="")])
    announce(desk, *hot, *cold)

    route_all(desk)

    parked = desk.leads.parked()
    assert list(parked) == cold
    assert "reve was not one of the allowed options" in parked[cold[0]]["why"]
    assert all(owners_of(sandbox)[contact] for contact in hot)


def test_an_owner_archived_meanwhile_is_replaced_once_and_the_share_goes_back(
    desk: Desk, sandbox: SandboxClient
) -> None:
    desk.owners.by_email()
    sandbox.archive_owner(OWNERS["camille"])
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(6)])
    announce(desk, *ids)

    route_all(desk)

    owners = list(owners_of(sandbox).values())
    fields, _ = desk.commits.read_book()
    assert (owners.count(OWNERS["hugo"]), owners.count(OWNERS["lea"])) == (3, 3)
    assert fields["open:camille"] == 0
    assert sum(value for name, value in fields.items() if name.startswith("credit:idf:")) == 0


def test_an_emptied_redis_converges_without_changing_one_owner(
    desk: Desk, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(12)])
    announce(desk, *ids)
    route_all(desk)
    owners = owners_of(sandbox)
    redis_client.flushall()

    announce(desk, *ids)
    route_all(desk)

    assert owners_of(sandbox) == owners
    assert len(sandbox.writes()) == 12


def test_what_happened_reaches_the_ledger(desk: Desk, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(desk, contact_id)
    route_all(desk)

    record(desk)

    (decision,) = desk.ledger.decisions_of(contact_id)
    assert decision["outcome"]["rep"] == "camille"
    assert "email" not in decision["facts"]
    assert [entry.kind for entry in desk.ledger.events_of(contact_id)] == ["written"]
    assert desk.outbox.length() == 0


def test_a_routed_lead_is_one_log_line_without_personal_facts(desk: Desk, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(firstname="Jeanne", lastname="Boulanger")])
    announce(desk, contact_id)

    with capture_logs() as lines:
        route_all(desk)

    (line,) = [line for line in lines if line["event"].startswith("lead.")]
    assert line["event"] == "lead.written"
    assert line["contact_id"] == contact_id
    assert "Jeanne" not in str(line)
    assert "a@acier.fr" not in str(line)


def test_a_lead_that_was_tried_too_often_is_parked(
    desk: Desk, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(desk, contact_id)
    (entry,) = desk.inbox.take("dead")
    for _ in range(8):
        redis_client.execute_command(
            "XCLAIM", desk.keys.inbox, "routers", "dead", 0, entry.id, "IDLE", 60_000, "RETRYCOUNT", 8
        )

    route_all(desk)

    assert list(desk.leads.parked()) == [contact_id]


def test_a_second_announcement_leaves_a_decided_lead_to_whoever_holds_the_first(
    desk: Desk, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(desk, contact_id)
    first = desk.inbox.take("anna")
    sandbox.break_with("500", on="contacts/batch/update", next=50)
    route(desk, first, consumer="anna")
    announce(desk, contact_id)

    second = route(desk, desk.inbox.take("ben"), consumer="ben")
    sandbox.repair()
    desk.budget.resume()
    again = route(desk, first, consumer="anna")

    assert (second.duplicates, again.finished) == (1, 1)
    assert not desk.inbox.has_work()
    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"]


def test_a_lead_given_back_after_its_decision_is_not_mistaken_for_somebody_elses(
    desk: Desk, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(desk, contact_id)
    first = desk.inbox.take("anna")
    sandbox.break_with("429", on="contacts/batch/update", next=1)
    with pytest.raises(ComeBackLater):
        route(desk, first, consumer="anna")
    desk.inbox.release("anna", first)
    desk.budget.resume()

    route_all(desk, consumer="ben")

    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"]


def test_calls_to_hubspot_are_counted_for_the_metrics(
    desk: Desk, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(7)])
    announce(desk, *ids)
    redis_client.delete(desk.keys.counts)

    route_all(desk)

    counts = redis_client.hgetall(desk.keys.counts)
    assert (counts["hubspot_calls"], counts["hubspot_records"]) == ("4", "16"), (
        "owners (live and archived), read, write"
    )
    assert "hubspot_calls_failed" not in counts
