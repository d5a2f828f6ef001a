"""A lead is taken from its owner once, for a reason on the record, and never from a person who was faster."""

from __future__ import annotations

import time as real_time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_services
from router.policy.decision.trigger import PushedOut, ToOwner, ToQueue
from router.routing.followup.reassign import Reassigning, Reassignment, reassign
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.reports.replay import replay_decision
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.leads.leads import State
from tests.world.leads import OWNERS, announce, crash, credits_of, done, owner_of, queued, route_all
from tests.world.rule_folders import PULLED, with_rules
from tests.world.time import Clock, Time

WHY = "nobody acted within 6 h"


def wanted(services: Services, contact_id: str, **how: object) -> Reassignment:
    state = services.store.leads.recall([contact_id])[contact_id]
    asked = {"expected_owner_id": state.owner_id, "why": WHY, **how}
    return Reassignment(contact_id, state.episode, **asked)  # type: ignore[arg-type]


def move_on(services: Services, time: Time, *wishes: Reassignment) -> Reassigning:
    answer = reassign(services, wishes, run="test")
    route_all(services)
    time.pass_by(seconds=4)
    verify_owners(services)
    return answer


def test_the_lead_goes_to_the_next_rep_and_the_record_says_why(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)
    before = owner_of(sandbox, contact_id)

    answer = move_on(services, time, wanted(services, contact_id, excluded=frozenset({"camille"})))

    properties = sandbox.contact(contact_id)["properties"]
    state = services.store.leads.recall([contact_id])[contact_id]
    assert answer.moving == (contact_id,)
    assert before == OWNERS["camille"]
    assert properties["hubspot_owner_id"] == OWNERS["hugo"]
    assert "repris à camille car nobody acted within 6 h" in properties["lead_router_reason"]
    assert (state.state, state.episode, state.trigger) == (State.DONE, 1, None)


def test_the_ledger_has_from_to_why_and_run(services: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = done(services, sandbox, time)

    move_on(services, time, wanted(services, contact_id, excluded=frozenset({"camille"})))
    record_outbox(services)

    events = services.ledger.events_of(contact_id)
    first, second = services.ledger.decisions_of(contact_id)
    again = replay_decision(services.ledger, second["id"])
    assert [one.kind for one in events] == ["written", "reassigning", "written"]
    told = {"from": OWNERS["camille"], "why": WHY, "run": "test"}
    assert {name: events[1].detail[name] for name in told} == told
    assert {name: events[2].detail[name] for name in told} == told
    assert events[2].detail["owner_id"] == OWNERS["hugo"]
    assert (first["episode"], second["episode"]) == (0, 1)
    assert again is not None
    assert again.identical, again.differences


def test_who_was_passed_over_is_passed_over_the_next_time_too(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)

    move_on(services, time, wanted(services, contact_id, excluded=frozenset({"camille"})))
    move_on(services, time, wanted(services, contact_id, excluded=frozenset({"hugo"})))
    third = owner_of(sandbox, contact_id)
    move_on(services, time, wanted(services, contact_id, excluded=frozenset({"lea"})))

    assert third == OWNERS["lea"]
    assert owner_of(sandbox, contact_id) == ""
    assert [one.contact_id for one in services.store.queues.waiting("idf")] == [contact_id]


def test_a_persons_change_always_wins(services: Services, sandbox: SandboxClient, time: Time) -> None:
    """The expected owner is the guard: without it this write would cover the person's choice."""
    by_hand, cleared = done(services, sandbox, time, 2)
    wishes = [wanted(services, one) for one in (by_hand, cleared)]
    writes = len(sandbox.writes())
    reassign(services, wishes, run="test")
    sandbox.edit_by_hand(by_hand, owner=OWNERS["claire"])
    sandbox.edit_by_hand(cleared, owner="")

    route_all(services)

    record_outbox(services)
    states = services.store.leads.recall([by_hand, cleared])
    assert owner_of(sandbox, by_hand) == OWNERS["claire"]
    assert owner_of(sandbox, cleared) == ""
    assert len(sandbox.writes()) == writes
    assert {state.state for state in states.values()} == {State.HUMAN}
    last = services.ledger.events_of(by_hand)[-1]
    assert (last.kind, last.detail["owner_id"]) == ("not_reassigned", OWNERS["claire"])
    assert (last.detail["from"], last.detail["run"]) == (wishes[0].expected_owner_id, "test")


def test_without_the_expected_owner_a_persons_change_would_be_covered(
    services: Services, sandbox: SandboxClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: the guard removed, the person loses."""
    (contact_id,) = done(services, sandbox, time)
    reassign(services, [wanted(services, contact_id, excluded=frozenset({"camille"}))], run="test")
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    monkeypatch.setattr("router.routing.intake.classify._stays_with_owner", lambda *_, **__: False)
    monkeypatch.setattr("router.routing.intake.work_item.WorkItem.expected_owner_id", OWNERS["claire"])

    route_all(services)

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_a_person_between_our_read_and_our_write_gets_theirs_back(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)
    sandbox.overtake(times=1, owner=OWNERS["claire"])

    move_on(services, time, wanted(services, contact_id, excluded=frozenset({"camille"})))
    time.pass_by(seconds=4)
    verify_owners(services)

    state = services.store.leads.recall([contact_id])[contact_id]
    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert (state.state, state.owner_id) == (State.HUMAN, OWNERS["claire"])


def test_two_processes_at_once_move_a_lead_once(
    services: Services, sandbox: SandboxClient, time: Time, settings: Settings, redis_url: str
) -> None:
    ids = done(services, sandbox, time, 12)
    wishes = [wanted(services, one, excluded=frozenset({"camille", "hugo"})) for one in ids]
    before = len(sandbox.writes())
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        works = [
            processes.submit(reassign_elsewhere, settings, redis_url, time.clock, wishes, name)
            for name in ("one", "two")
        ]
        moving = [one for work in works for one in work.result(timeout=60)]

    route_all(services)
    written = [write["id"] for write in sandbox.writes()[before:]]
    assert sorted(moving) == sorted(ids)
    assert sorted(written) == sorted(ids)
    assert {owner_of(sandbox, one) for one in ids} == {OWNERS["lea"]}
    assert {services.store.leads.recall([one])[one].episode for one in ids} == {1}


def reassign_elsewhere(
    settings: Settings, redis_url: str, clock: Clock, wishes: Sequence[Reassignment], name: str
) -> tuple[str, ...]:
    """What one of several processes does, as soon as the other one is ready, too."""
    with redis.Redis.from_url(redis_url, decode_responses=True, protocol=3) as client:
        services = open_services(settings, client, clock=clock)
        services.rules.refresh()
        client.incr("test:ready")
        deadline = real_time.monotonic() + 30
        while int(client.get("test:ready") or 0) < 2 and real_time.monotonic() < deadline:
            pass
        moving = reassign(services, wishes, run=name).moving
        route_all(services, consumer=name)
        services.ledger.close()
        return moving


STEPS = ("after_recall", "after_read", "after_commit", "before_write", "after_write", "after_finish")


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_after_any_step_leaves_one_move(
    services: Services, sandbox: SandboxClient, time: Time, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whoever takes the entry over finds the reason and the expected owner where the decision left them."""
    (contact_id,) = done(services, sandbox, time)
    reassign(services, [wanted(services, contact_id, excluded=frozenset({"camille"}))], run="test")
    entries = services.store.inbox.take("test")
    with monkeypatch.context() as patch:
        for module in ("route", "writing"):
            patch.setattr(
                f"router.routing.intake.{module}.crash_point", lambda here: crash() if here == step else None
            )
        with pytest.raises(SystemExit):
            route(services, entries, consumer="test")

    route(services, entries, consumer="test")

    record_outbox(services)
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]
    assert [one["episode"] for one in services.ledger.decisions_of(contact_id)] == [0, 1]
    assert services.ledger.events_of(contact_id)[-1].detail["run"] == "test"


def test_into_a_queue_to_an_owner_and_pushed_out(pull: Services, sandbox: SandboxClient, time: Time) -> None:
    waiting, given, back = queued(pull, sandbox, 3)
    claim_lead(pull, given, rep="lea")
    claim_lead(pull, back, rep="lea")
    route_all(pull)
    time.pass_by(seconds=100)
    verify_owners(pull)

    move_on(
        pull,
        time,
        wanted(pull, waiting, to=PushedOut()),
        wanted(pull, given, to=ToOwner(OWNERS["marc"])),
        wanted(pull, back, to=ToQueue("idf")),
    )

    states = pull.store.leads.recall([waiting, given, back])
    assert owner_of(sandbox, waiting) == OWNERS["camille"]
    assert owner_of(sandbox, given) == OWNERS["marc"]
    assert owner_of(sandbox, back) == ""
    assert [states[one].state for one in (waiting, given, back)] == [State.DONE, State.DONE, State.QUEUED]
    assert "reassigned from lea because" in sandbox.contact(back)["properties"]["lead_router_reason"]
    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [back]


def test_a_deactivated_owner_is_not_given_it_back(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)

    move_on(
        services, time, wanted(services, contact_id, to=ToOwner("71480110"), excluded=frozenset({"camille"}))
    )

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_the_share_stays_paid_and_comes_back_only_on_request(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    first, second = done(services, sandbox, time, 2)
    before, _ = services.store.commits.read_book()

    move_on(services, time, wanted(services, first, to=ToOwner(OWNERS["claire"])))
    kept, _ = services.store.commits.read_book()
    move_on(services, time, wanted(services, second, to=ToOwner(OWNERS["claire"]), refund=True))
    refunded, _ = services.store.commits.read_book()

    assert {name: kept[name] for name in kept if name.startswith("credit:")} == {
        name: before[name] for name in before if name.startswith("credit:")
    }
    assert before["open:camille"] - kept["open:camille"] == 1
    assert kept["open:hugo"] - refunded["open:hugo"] == 1
    assert sum(credits_of(services).values()) == 0
    assert refunded["credit:idf:hugo"] > kept["credit:idf:hugo"]


def test_the_rule_of_the_lead_decides_although_its_facts_have_aged(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    """Nobody acted on a hot lead for a week: it stays a lead of its rule, and is not sent to nurture."""
    (contact_id,) = done(services, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"type_demande": "", "jobtitle": "Comptable"})

    move_on(services, time, wanted(services, contact_id, rule="otherwise", excluded=frozenset({"camille"})))

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_a_rule_that_gives_it_to_nobody_clears_the_owner(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"type_demande": "support"})

    move_on(services, time, wanted(services, contact_id))

    properties = sandbox.contact(contact_id)["properties"]
    assert properties["hubspot_owner_id"] == ""
    assert properties["lead_router_rule"] == "Support"


def test_what_cannot_be_taken_says_why(services: Services, sandbox: SandboxClient, time: Time) -> None:
    fresh, old = queued(services, sandbox, 2)
    time.pass_by(seconds=1)

    answer = reassign(
        services,
        [
            wanted(services, fresh),
            Reassignment(old, 7, OWNERS["camille"], WHY),
            Reassignment("999", 0, OWNERS["camille"], WHY),
            Reassignment(fresh, None, OWNERS["camille"], WHY),
        ],
        run="test",
    )

    assert answer.moving == ()
    assert answer.left[old] == "It was decided once more meanwhile (episode 0)."
    assert answer.left["999"] == "We know nothing of it any more."
    assert answer.left[fresh] == "It is known by now, and written."


def test_a_contact_that_we_know_nothing_of_can_be_taken_from_its_owner(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = sandbox.create_exactly([{"hubspot_owner_id": OWNERS["claire"], "type_demande": "demo"}])

    move_on(services, time, Reassignment(contact_id, None, OWNERS["claire"], WHY, rule="otherwise"))

    assert owner_of(sandbox, contact_id) == OWNERS["camille"]
    assert "claire" not in str(services.store.leads.recall([contact_id]))


def test_a_contact_that_asked_to_be_forgotten_is_not_taken_up(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)
    services.store.erasures.ask(contact_id)

    answer = reassign(services, [wanted(services, contact_id)], run="test")

    assert answer.left == {contact_id: "It moved on meanwhile, or is being erased."}


def test_nothing_moves_in_shadow_mode(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    first, second = done(services, sandbox, time, 2)
    owners = [owner_of(sandbox, one) for one in (first, second)]
    reassign(services, [wanted(services, first)], run="test")
    with_rules(services, rules, f"mode: shadow\n{PULLED}")

    answer = reassign(services, [wanted(services, second)], run="test")
    route_all(services)

    assert answer.moving == ()
    assert [owner_of(sandbox, one) for one in (first, second)] == owners
    assert services.store.leads.recall([first])[first].state is State.HUMAN


def test_nobody_claims_a_lead_that_is_being_taken_from_its_owner(
    pull: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    route_all(pull)
    time.pass_by(seconds=100)
    verify_owners(pull)
    reassign(pull, [wanted(pull, contact_id)], run="test")

    answer = claim_lead(pull, contact_id, rep="hugo")

    assert answer.kind == "taken"
    assert answer.owner_id == OWNERS["lea"]


def test_an_announcement_in_between_changes_nothing(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = done(services, sandbox, time)
    reassign(services, [wanted(services, contact_id, excluded=frozenset({"camille"}))], run="test")
    announce(services, contact_id, contact_id)

    route_all(services)

    record_outbox(services)
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]
    assert len(services.ledger.decisions_of(contact_id)) == 2
