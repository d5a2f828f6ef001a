"""Pull on real parts: one owner per lead, caps that hold, and leads that are given back."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_services
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import ClaimResult, claim_lead, release_lead
from router.routing.reports.replay import replay_decision
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.leads.leads import State
from tests.world.leads import OWNERS, owner_of, queued, route_all
from tests.world.rule_folders import with_rep_line
from tests.world.time import Clock


def test_a_claim_makes_the_rep_the_owner_with_the_reason(pull: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = queued(pull, sandbox)

    answer = claim_lead(pull, contact_id, rep="lea")
    route_all(pull)

    properties = sandbox.contact(contact_id)["properties"]
    fields, _ = pull.store.commits.read_book()
    assert answer.is_yes
    assert properties["hubspot_owner_id"] == OWNERS["lea"]
    assert "lea, who claimed it from the queue of idf" in properties["lead_router_reason"]
    assert properties["lead_router_decision_id"].startswith(f"{contact_id}-1-")
    assert fields["open:lea"] == 1
    assert pull.store.queues.waiting("idf") == ()
    assert pull.store.leads.recall([contact_id])[contact_id].state is State.WRITTEN


def test_a_claim_is_in_the_ledger_and_can_be_computed_again(pull: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = queued(pull, sandbox)
    answer = claim_lead(pull, contact_id, rep="lea")
    route_all(pull)

    record_outbox(pull)

    again = replay_decision(pull.ledger, answer.decision_id)
    assert [one.kind for one in pull.ledger.events_of(contact_id)] == ["written", "written"]
    assert again is not None
    assert again.identical


def test_the_queue_is_ordered_by_score_and_then_by_waiting_time(
    pull: Services, sandbox: SandboxClient
) -> None:
    (low,) = queued(pull, sandbox, jobtitle="Comptable")
    (first,) = queued(pull, sandbox)
    (second,) = queued(pull, sandbox)

    waiting = pull.store.queues.waiting("idf")

    assert [one.contact_id for one in waiting] == [first, second, low]
    assert [one.score for one in waiting] == [120, 120, 70]


def test_a_contact_that_is_being_erased_cannot_be_claimed(pull: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = queued(pull, sandbox)
    pull.store.erasures.ask(contact_id)

    answer = claim_lead(pull, contact_id, rep="lea")

    assert not answer.is_yes
    assert pull.store.leads.recall([contact_id])[contact_id].state is State.QUEUED
    assert owner_of(sandbox, contact_id) == ""


def test_the_second_click_is_told_who_has_the_lead(pull: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")

    late = claim_lead(pull, contact_id, rep="hugo")

    assert (late.kind, late.sentence) == ("taken", "lea has this lead already.")
    assert late.owner_id == OWNERS["lea"]


def test_a_claim_finds_out_that_somebody_owns_the_lead_in_hubspot(
    pull: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = queued(pull, sandbox)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"])

    answer = claim_lead(pull, contact_id, rep="lea")

    assert (answer.kind, answer.owner_id) == ("taken", OWNERS["nadia"])
    assert pull.store.queues.waiting("idf") == ()
    assert pull.store.leads.recall([contact_id])[contact_id].state is State.HUMAN


def test_a_person_who_is_faster_in_hubspot_keeps_the_lead_and_the_claim_costs_nothing(
    pull: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"])

    route_all(pull)

    fields, _ = pull.store.commits.read_book()
    assert owner_of(sandbox, contact_id) == OWNERS["nadia"]
    assert fields["open:lea"] == 0


@pytest.mark.parametrize(
    ("rep", "contact", "kind"),
    [("marc", "", "not_allowed"), ("nobody", "", "not_allowed"), ("lea", "999999", "unknown")],
)
def test_who_may_not_claim_is_told_why(
    pull: Services, sandbox: SandboxClient, rep: str, contact: str, kind: str
) -> None:
    (contact_id,) = queued(pull, sandbox)

    answer = claim_lead(pull, contact or contact_id, rep=rep)

    assert answer.kind == kind
    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [contact_id]


def test_claims_stop_at_the_cap_of_open_leads(pull: Services, sandbox: SandboxClient, rules: Path) -> None:
    with_rep_line(pull, rules, "lea:     {", "lea:     {max_open_leads: 2, ")
    ids = queued(pull, sandbox, 3)

    kinds = [claim_lead(pull, one, rep="lea").kind for one in ids]

    assert kinds == ["yes", "yes", "at_limit"]


def test_claims_within_an_hour_are_limited_and_the_hour_passes(
    pull: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    with_rep_line(pull, rules, "lea:     {", "lea:     {max_claims_per_hour: 1, ")
    first, second = queued(pull, sandbox, 2)
    claim_lead(pull, first, rep="lea")

    refused = claim_lead(pull, second, rep="lea")
    clock.forward(3601)
    later = claim_lead(pull, second, rep="lea")

    assert refused.kind == "at_limit"
    assert "lea has claimed 1 leads within an hour; the next one at " in refused.sentence
    assert later.is_yes


def test_two_hundred_claimers_on_fifty_leads_make_fifty_owners_within_the_caps(
    pull: Services, sandbox: SandboxClient, rules: Path, settings: Settings, redis_url: str, clock: Clock
) -> None:
    with_rep_line(pull, rules, "hugo:    {", "hugo:    {max_open_leads: 9, ")
    with_rep_line(pull, rules, "lea:     {", "lea:     {max_claims_per_hour: 12, ")
    ids = queued(pull, sandbox, 50)
    reps = ("camille", "hugo", "lea")
    answers: list[tuple[str, str, ClaimResult]] = []
    desks = [
        open_services(settings, redis.Redis.from_url(redis_url, decode_responses=True), clock=clock)
        for _ in range(4)
    ]
    for services in desks:
        services.rules.refresh()
    together = threading.Barrier(200)

    def reach(number: int) -> None:
        contact_id, rep = ids[number % 50], reps[(number // 50 + number) % 3]
        together.wait()
        answers.append((contact_id, rep, claim_lead(desks[number % 4], contact_id, rep=rep)))

    threads = [threading.Thread(target=reach, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    route_all(pull)
    for services in desks:
        services.ledger.close()

    won = {contact_id: rep for contact_id, rep, answer in answers if answer.is_yes}
    wins = [rep for _, rep, answer in answers if answer.is_yes]
    fields, _ = pull.store.commits.read_book()
    assert len(answers) == 200
    assert len(won) == len(wins)
    assert wins.count("hugo") <= 9
    assert wins.count("lea") <= 12
    assert len(won) + len(pull.store.queues.waiting("idf")) == 50
    assert {one: owner_of(sandbox, one) for one in ids} == {
        one: OWNERS[won[one]] if one in won else "" for one in ids
    }
    assert {rep: fields.get(f"open:{rep}", 0) for rep in reps} == {rep: wins.count(rep) for rep in reps}


def test_a_released_lead_is_back_in_its_queue_without_owner_and_its_cost_refunded(
    pull: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = queued(pull, sandbox)
    since = pull.store.queues.waiting("idf")[0].since_ms
    claim_lead(pull, contact_id, rep="lea")
    route_all(pull)
    clock.forward(600)

    answer = release_lead(pull, contact_id, rep="lea", why="wrong region")
    route_all(pull)

    properties = sandbox.contact(contact_id)["properties"]
    fields, _ = pull.store.commits.read_book()
    assert answer.is_yes
    assert not properties["hubspot_owner_id"]
    assert "given back by lea: wrong region" in properties["lead_router_reason"]
    assert fields["open:lea"] == 0
    (waiting,) = pull.store.queues.waiting("idf")
    assert (waiting.contact_id, waiting.since_ms) == (contact_id, since)
    assert claim_lead(pull, contact_id, rep="hugo").is_yes


def test_a_lead_of_the_fair_share_is_given_back_with_its_share(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = queued(services, sandbox)
    clock.forward(5)
    verify_owners(services)

    answer = release_lead(services, contact_id, rep="camille", why="a cousin of mine")
    route_all(services)

    fields, _ = services.store.commits.read_book()
    assert answer.is_yes
    assert {name: value for name, value in fields.items() if name.startswith(("credit:", "open:"))} == {
        "credit:idf:camille": 0,
        "credit:idf:hugo": 0,
        "credit:idf:lea": 0,
        "open:camille": 0,
    }
    assert [one.contact_id for one in services.store.queues.waiting("idf")] == [contact_id]


def test_only_the_owner_gives_a_lead_back(pull: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    route_all(pull)

    answer = release_lead(pull, contact_id, rep="hugo", why="not mine")

    assert answer.sentence == "This lead belongs to lea, so you cannot give it back."
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]


def test_a_person_who_takes_the_lead_while_it_is_given_back_keeps_it(
    pull: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    route_all(pull)
    release_lead(pull, contact_id, rep="lea", why="wrong region")
    in_the_air = pull.store.leads.recall([contact_id])[contact_id].changes
    sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"])
    pull.hubspot.update_contacts({contact_id: in_the_air})

    route_all(pull)
    clock.forward(5)
    verify_owners(pull)

    assert owner_of(sandbox, contact_id) == OWNERS["nadia"]
    assert pull.store.queues.waiting("idf") == ()
