"""A lead of ours whose owner a person cleared waits in a queue, is decided once more, or stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from router.cli.leads.lead_history import lead_history_of
from router.policy.shares.share_book import Book
from router.routing.followup import follow
from router.routing.followup.follow import follow_changes
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.recovery.erase import erase_contacts
from router.routing.reports.replay import replay_decision
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, credits_of, done, owner_of, queued, route_all
from tests.world.rule_folders import PULLED, RIGHT, with_rules
from tests.world.time import Time

WHY = "its owner was cleared by a person"
NOBODY_YET = {"camille": 0, "hugo": 0, "lea": 0}


def setting(services: Services, rules: Path, name: str, routing: str = RIGHT) -> Services:
    return with_rules(services, rules, f"{routing}owner_cleared: {name}\n")


def clear(services: Services, sandbox: SandboxClient, *contact_ids: str) -> None:
    """A person clears the owner, and HubSpot tells it; the leads come where they go."""
    for contact_id in contact_ids:
        sandbox.edit_by_hand(contact_id, owner="")
    told(services, *contact_ids)


def told(services: Services, *contact_ids: str) -> None:
    services.store.inbox.append([], changed=[(one, services.now_ms()) for one in contact_ids])
    follow_changes(services)
    route_all(services)


def pass_on(services: Services, time: Time) -> None:
    route_all(services)
    time.pass_by(seconds=4)
    verify_owners(services)


def state_of(services: Services, contact_id: str) -> tuple[State, str]:
    state = services.store.leads.recall([contact_id])[contact_id]
    return state.state, state.owner_id


def open_leads(services: Services) -> Mapping[str, int]:
    book = Book(services.store.commits.read_book()[0])
    return {rep: book.open_leads(rep) for rep in NOBODY_YET}


def waiting_in(services: Services, team: str) -> list[str]:
    return [one.contact_id for one in services.store.queues.waiting(team)]


def decisions(services: Services, contact_id: str) -> int:
    record_outbox(services)
    return len(services.ledger.decisions_of(contact_id))


def test_by_default_the_lead_waits_in_the_queue_of_its_team_and_says_why(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)

    clear(services, sandbox, contact_id)

    properties = sandbox.contact(contact_id)["properties"]
    found = lead_history_of(services, contact_id)
    assert state_of(services, contact_id) == (State.QUEUED, "")
    assert waiting_in(services, "idf") == [contact_id]
    assert WHY in properties["lead_router_reason"]
    assert not properties["hubspot_owner_id"]
    assert found is not None
    assert any(WHY in line.what for line in found.history())
    assert decisions(services, contact_id) == 2


def test_the_rep_who_had_not_begun_pays_nothing_for_it(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)
    assert owner_of(sandbox, contact_id) == OWNERS["camille"]

    clear(services, sandbox, contact_id)

    assert credits_of(services) == NOBODY_YET
    assert open_leads(services) == NOBODY_YET


def test_the_rep_who_had_begun_has_paid_for_it_once(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)
    paid = credits_of(services)
    time.pass_by(seconds=60)
    sandbox.log_activity(contact_id, "call")

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.QUEUED, "")
    assert credits_of(services) == paid
    assert paid["camille"] < 0
    assert open_leads(services) == NOBODY_YET


def test_a_lead_cleared_within_seconds_of_its_assignment_is_seen_too(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = queued(services, sandbox)
    assert state_of(services, contact_id)[0] is State.WRITTEN

    clear(services, sandbox, contact_id)
    pass_on(services, time)
    told(services, contact_id)

    assert state_of(services, contact_id) == (State.QUEUED, "")
    assert credits_of(services) == NOBODY_YET


def test_the_rules_decide_once_more_without_the_rep_who_had_it(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    setting(services, rules, "route_again")
    (contact_id,) = done(services, sandbox, time)
    first = owner_of(sandbox, contact_id)

    clear(services, sandbox, contact_id)
    pass_on(services, time)

    state = services.store.leads.recall([contact_id])[contact_id]
    assert state_of(services, contact_id) == (State.DONE, OWNERS["hugo"])
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"] != first
    assert state.released_by == ("camille",)
    assert sum(credits_of(services).values()) == 0
    assert open_leads(services) == NOBODY_YET | {"hugo": 1}
    record_outbox(services)
    replayed = replay_decision(services.ledger, state.decision_id)
    assert replayed is not None
    assert replayed.identical


def test_who_clears_it_again_and_again_gets_it_into_the_queue(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.routing.followup.owner_cleared.MOST_AGAIN", 1)
    setting(services, rules, "route_again")
    (contact_id,) = done(services, sandbox, time)
    clear(services, sandbox, contact_id)
    pass_on(services, time)
    assert state_of(services, contact_id)[0] is State.DONE

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.QUEUED, "")
    assert credits_of(services) == NOBODY_YET


def test_a_lead_that_is_left_is_recorded_and_nothing_more(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    setting(services, rules, "leave")
    (contact_id,) = done(services, sandbox, time)

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.HUMAN, "")
    assert decisions(services, contact_id) == 1
    assert "owner_changed" in [one.kind for one in services.ledger.events_of(contact_id)]


def test_in_shadow_mode_nothing_moves(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)
    with_rules(services, rules, f"mode: shadow\n{RIGHT}")

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.HUMAN, "")
    assert decisions(services, contact_id) == 1


def test_a_lead_of_a_named_rep_waits_in_that_reps_team(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT.replace("rep: marc", "rep: lea"))
    (contact_id,) = done(services, sandbox, time, country="Germany")
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]

    clear(services, sandbox, contact_id)

    assert waiting_in(services, "idf") == [contact_id]


@pytest.mark.parametrize(
    "properties",
    [{"hs_lead_status": "UNQUALIFIED"}, {"lifecyclestage": "customer"}],
    ids=["closed", "won"],
)
def test_a_lead_that_is_closed_stays_without_owner(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, properties: dict[str, str]
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)
    time.pass_by(seconds=60)
    sandbox.edit_by_hand(contact_id, properties=properties)

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.HUMAN, "")
    assert decisions(services, contact_id) == 1


@pytest.mark.parametrize("action", ["do: nothing", "do: nurture"])
def test_a_lead_that_a_rule_gave_to_nobody_stays_so(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, action: str
) -> None:
    with_rules(services, rules, RIGHT.replace("assign: {rep: marc}", action))
    (contact_id,) = done(services, sandbox, time, country="Germany")
    sandbox.edit_by_hand(contact_id, owner=OWNERS["lea"])
    told(services, contact_id)
    assert state_of(services, contact_id) == (State.HUMAN, OWNERS["lea"])

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.HUMAN, "")
    assert decisions(services, contact_id) == 1


def test_a_lead_that_somebody_else_owned_is_none_of_ours(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time, hubspot_owner_id=OWNERS["lea"])

    clear(services, sandbox, contact_id)

    assert state_of(services, contact_id) == (State.HUMAN, "")
    assert decisions(services, contact_id) == 0


def test_a_lead_that_a_rep_claimed_goes_back_into_its_queue(
    pull: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    pass_on(pull, time)
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]

    clear(pull, sandbox, contact_id)
    assert waiting_in(pull, "idf") == [contact_id]

    claim_lead(pull, contact_id, rep="hugo")
    pass_on(pull, time)
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]
    assert credits_of(pull) == {} or sum(credits_of(pull).values()) == 0


def test_whoever_becomes_the_owner_before_we_write_keeps_it(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    setting(services, rules, "route_again")
    (contact_id,) = done(services, sandbox, time)
    sandbox.edit_by_hand(contact_id, owner="")
    services.store.inbox.append([], changed=[(contact_id, services.now_ms())])
    follow_changes(services)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"])

    route_all(services)

    assert state_of(services, contact_id) == (State.HUMAN, OWNERS["nadia"])
    assert owner_of(sandbox, contact_id) == OWNERS["nadia"]


def test_a_ledger_that_fails_delays_it_a_minute(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)
    with monkeypatch.context() as broken:
        broken.setattr(follow, "decide_again", _ledger_is_down)
        clear(services, sandbox, contact_id)
    assert state_of(services, contact_id) == (State.HUMAN, "")

    time.pass_by(seconds=61)
    follow_changes(services)
    route_all(services)

    assert state_of(services, contact_id) == (State.QUEUED, "")


def test_a_lead_that_is_erased_meanwhile_is_not_put_back(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = done(services, sandbox, time)
    sandbox.edit_by_hand(contact_id, owner="")
    services.store.erasures.ask(contact_id)

    told(services, contact_id)
    erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)

    assert services.store.leads.recall([contact_id]) == {}
    assert services.store.queues.lengths() == {}
    assert services.ledger.decisions_of(contact_id) == ()


def test_told_twice_it_moves_once(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, PULLED)
    (contact_id,) = queued(services, sandbox)
    claim_lead(services, contact_id, rep="lea")
    pass_on(services, time)

    clear(services, sandbox, contact_id)
    told(services, contact_id)
    told(services, contact_id)

    assert decisions(services, contact_id) == 3
    assert waiting_in(services, "idf") == [contact_id]


def _ledger_is_down(*_: object) -> None:
    from sqlalchemy.exc import OperationalError

    raise OperationalError("select", None, Exception("down"))
