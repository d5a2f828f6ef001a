"""What people do in HubSpot with our leads is seen: owners, open counts, first responses, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from router.policy.results.follow_up import FollowUp
from router.policy.shares.share_book import Book
from router.routing.followup.follow import follow_changes, follow_up_step
from router.routing.intake.transitions import owned
from router.routing.outbox.record import record_outbox
from router.routing.people.refresh import refresh_owners
from router.routing.portal.services import Services
from router.routing.queues.tend import tend_queues
from router.routing.recovery.erase import erase_contacts
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, queued, route_all
from tests.world.rule_folders import with_rep_line
from tests.world.time import Clock, Time

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def given(services: Services, sandbox: SandboxClient, clock: Clock, count: int = 1) -> list[str]:
    """Contacts that reps were given, verified."""
    ids = sandbox.create_exactly(
        [a_hot_contact(email=f"a{n}@acier.fr") for n in range(count)], announce=False
    )
    announce(services, *ids)
    route_all(services)
    clock.forward(4)
    verify_owners(services)
    assert {state.state for state in services.store.leads.recall(ids).values()} == {State.DONE}
    return ids


def changed(services: Services, *contact_ids: str, deleted: Sequence[str] = ()) -> None:
    """What the receiver does with a delivery of changes, some of them deletions."""
    services.store.inbox.append(
        [], changed=[(one, services.now_ms()) for one in contact_ids], deleted=deleted
    )


def follow_up_of(services: Services, contact_id: str) -> FollowUp:
    record_outbox(services)
    return [one for one in services.ledger.follow_ups.since(LONG_AGO) if one.contact_id == contact_id][-1]


def kinds(services: Services, contact_id: str) -> list[str]:
    record_outbox(services)
    return [event.kind for event in services.ledger.events_of(contact_id)]


def open_leads(services: Services) -> dict[str, int]:
    book = Book(services.store.commits.read_book()[0])
    return {rep: book.open_leads(rep) for rep in ("camille", "hugo", "lea")}


def rep_of(services: Services, contact_id: str) -> str:
    rep = follow_up_of(services, contact_id).rep
    assert rep is not None
    return rep


def test_a_waiting_lead_that_somebody_took_in_hubspot_leaves_the_queue_at_once(
    pull: Services, sandbox: SandboxClient
) -> None:
    taken, deleted, free = queued(pull, sandbox, 3)
    sandbox.edit_by_hand(taken, owner=OWNERS["camille"])
    sandbox.delete(deleted)
    changed(pull, taken, deleted, free, deleted=[deleted])

    found = follow_changes(pull)

    states = pull.store.leads.recall([taken, deleted, free])
    assert (found.looked_at, found.claimed) == (3, 1)
    assert [states[one].state for one in (taken, deleted, free)] == [State.HUMAN, State.GONE, State.QUEUED]
    assert states[taken].owner_id == OWNERS["camille"]
    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [free]
    assert open_leads(pull)["camille"] == 1
    assert "claimed_in_hubspot" in kinds(pull, taken)
    assert follow_changes(pull).looked_at == 0


@pytest.mark.parametrize("told_by", ["webhook", "read"])
def test_a_lead_taken_in_hubspot_is_followed_like_a_claimed_one(
    pull: Services, sandbox: SandboxClient, time: Time, told_by: str
) -> None:
    (contact_id,) = queued(pull, sandbox)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["lea"])
    if told_by == "webhook":
        changed(pull, contact_id)
    else:
        time.pass_by(seconds=181)
        tend_queues(pull)
    while follow_changes(pull).looked_at:
        pass
    sandbox.edit_by_hand(contact_id, status="CONNECTED", properties={"lifecyclestage": "opportunity"})
    changed(pull, contact_id)

    follow_changes(pull)

    found = follow_up_of(pull, contact_id)
    assert (found.rep, found.team, found.outcome, found.due_at) == ("lea", "idf", "won", None)
    assert open_leads(pull)["lea"] == 1


def test_another_owner_is_recorded_and_has_the_open_lead(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    before, old = open_leads(services), rep_of(services, contact_id)
    new = next(rep for rep in before if rep != old)
    sandbox.edit_by_hand(contact_id, owner=OWNERS[new])
    for _ in range(2):
        changed(services, contact_id)
        follow_changes(services)

    event = next(one for one in services.ledger.events_of(contact_id) if one.kind == "owner_changed")

    assert kinds(services, contact_id).count("owner_changed") == 1
    assert (event.detail["from"], event.detail["owner_id"]) == (OWNERS[old], OWNERS[new])
    assert event.detail["by"].startswith("CRM_UI userId:")
    assert open_leads(services) == before | {old: before[old] - 1, new: before[new] + 1}
    assert services.store.leads.recall([contact_id])[contact_id].state is State.HUMAN
    assert follow_up_of(services, contact_id).ended_at is not None


def test_two_who_see_the_same_change_record_it_once(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    state = services.store.leads.recall([contact_id])[contact_id]
    move = owned.owner_changed(state, owner_id=OWNERS["nadia"], by="CRM_UI", now=services.clock())

    first, second = (services.store.commits.finish([move], now_ms=services.now_ms()) for _ in range(2))

    assert (first, second) == ((True,), (False,))
    assert kinds(services, contact_id).count("owner_changed") == 1


@pytest.mark.parametrize("status", ["UNQUALIFIED", "BAD_TIMING"])
def test_a_finished_lead_makes_room_within_seconds(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock, status: str
) -> None:
    with_rep_line(services, rules, "idf: [camille, hugo, lea]", "idf: [camille]")
    with_rep_line(services, rules, "camille: {", "camille: {max_open_leads: 1, ")
    (first,) = given(services, sandbox, clock)
    sandbox.edit_by_hand(first, status=status)
    changed(services, first)
    follow_changes(services)

    (second,) = given(services, sandbox, clock)

    assert rep_of(services, second) == "camille"
    assert open_leads(services)["camille"] == 1


def test_a_lead_that_is_opened_again_counts_again(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    rep, counts = rep_of(services, contact_id), []
    for status in ("UNQUALIFIED", "UNQUALIFIED", "OPEN", "IN_PROGRESS"):
        sandbox.edit_by_hand(contact_id, status=status)
        changed(services, contact_id)
        follow_changes(services)
        counts.append(open_leads(services)[rep])

    assert counts == [0, 0, 1, 1]


def test_a_search_counts_what_moved_in_the_last_minute_neither_twice_nor_not_at_all(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    with_rep_line(services, rules, "idf: [camille, hugo, lea]", "idf: [camille]")
    with_rep_line(services, rules, "camille: {", "camille: {max_open_leads: 9, ")
    finished, kept = given(services, sandbox, clock, 2)
    sandbox.settings(search_lag_ms=60_000)
    sandbox.edit_by_hand(finished, status="UNQUALIFIED")
    changed(services, finished)
    follow_changes(services)
    record_outbox(services)

    lagging = refresh_owners(services)["camille"]
    sandbox.settings(search_lag_ms=0)
    current = refresh_owners(services)["camille"]

    assert (lagging, current) == (1, 1)
    assert open_leads(services)["camille"] == 1
    assert services.store.leads.recall([kept])[kept].state is State.DONE


def test_the_first_response_and_the_outcome_are_kept(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    assigned_at = follow_up_of(services, contact_id).assigned_at
    called = assigned_at + timedelta(minutes=20)
    for moment in (called, called + timedelta(hours=2)):
        sandbox.edit_by_hand(contact_id, properties={"notes_last_contacted": moment.isoformat()})
    sandbox.edit_by_hand(contact_id, properties={"lifecyclestage": "opportunity"})
    changed(services, contact_id)

    follow_changes(services)

    found = follow_up_of(services, contact_id)
    assert found.response == timedelta(minutes=20)
    assert (found.outcome, found.stage, found.status) == ("won", "opportunity", "NEW")
    (result,) = services.ledger.follow_ups.results(LONG_AGO)
    assert (result.received, result.won, result.lost) == (1, 1, 0)


def test_a_status_that_a_person_moved_is_a_response(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    changed(services, contact_id)
    follow_changes(services)
    assert follow_up_of(services, contact_id).response is None  # the status that we wrote is no answer

    sandbox.edit_by_hand(contact_id, status="ATTEMPTED_TO_CONTACT")
    changed(services, contact_id)
    follow_changes(services)

    assert follow_up_of(services, contact_id).response is not None
    assert follow_up_of(services, contact_id).outcome is None


def test_what_happens_after_the_lead_went_elsewhere_is_not_the_rep_s_doing(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"])
    sandbox.edit_by_hand(contact_id, status="UNQUALIFIED", properties={"lifecyclestage": "customer"})
    changed(services, contact_id)

    follow_changes(services)

    found = follow_up_of(services, contact_id)
    assert (found.outcome, found.first_response_at) == (None, None)
    assert found.ended_at is not None


def test_a_lead_that_is_being_written_is_looked_at_once_that_is_verified(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(services, contact_id)
    route_all(services)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"])
    changed(services, contact_id)

    early, calls = follow_changes(services), sandbox.calls()["total"]
    assert follow_changes(services).looked_at == 0
    assert sandbox.calls()["total"] == calls
    clock.forward(4)
    verify_owners(services)
    follow_changes(services)

    assert early.handed_over == 0
    assert kinds(services, contact_id) == ["written", "changed_by_a_person"]
    assert sum(open_leads(services).values()) == 0


def test_whoever_was_chosen_in_the_moment_of_our_write_has_the_open_lead(
    services: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    sandbox.overtake(times=1, owner=OWNERS["lea"])
    announce(services, contact_id)
    route_all(services)
    for _ in range(2):
        time.pass_by(seconds=4)
        verify_owners(services)
    assert services.store.leads.recall([contact_id])[contact_id].state is State.HUMAN

    follow_changes(services)

    assert open_leads(services) == {"camille": 0, "hugo": 0, "lea": 1}


def test_a_change_that_comes_while_we_look_is_looked_at_too(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    changed(services, contact_id)
    due = services.store.changed.due(now_ms=services.now_ms(), limit=10)
    services.store.changed.look_again([contact_id], at_ms=due[contact_id] + 1)

    services.store.changed.looked_at(due)

    assert services.store.changed.length() == 1


def test_an_answer_without_a_lead_says_nothing_about_it(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    before = open_leads(services)
    sandbox.break_with("missing", on="contacts/batch/read", next=2)
    changed(services, contact_id)

    follow_changes(services)

    assert services.store.leads.recall([contact_id])[contact_id].state is State.DONE
    assert open_leads(services) == before
    assert services.store.changed.length() == 1


def test_an_erased_contact_leaves_only_its_result(
    services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    (contact_id,) = given(services, sandbox, clock)
    sandbox.edit_by_hand(contact_id, properties={"lifecyclestage": "opportunity"})
    changed(services, contact_id)
    follow_changes(services)
    services.store.changed.look_again([contact_id], at_ms=services.now_ms())
    services.store.erasures.ask(contact_id)

    for _ in range(2):
        erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)

    (left,) = services.ledger.follow_ups.since(LONG_AGO)
    assert (left.contact_id, left.outcome) == (None, "won")
    assert sum(open_leads(services).values()) == 0
    assert services.store.changed.length() == 0
    assert services.store.open_leads.moved_lately(now_ms=services.now_ms()) == ()
    assert not redis_client.exists(services.store.keys.lead(contact_id))


class TestNight:
    """What no webhook told about."""

    @pytest.fixture
    def night(self, clock: Clock) -> Iterator[datetime]:
        yield clock() + timedelta(minutes=1)

    def test_it_finds_responses_outcomes_and_owners(
        self, services: Services, sandbox: SandboxClient, clock: Clock
    ) -> None:
        answered, won, moved, _quiet = given(services, sandbox, clock, 4)
        old = rep_of(services, moved)
        at = clock() + timedelta(minutes=5)
        sandbox.edit_by_hand(answered, properties={"notes_last_updated": at.isoformat()})
        sandbox.edit_by_hand(won, properties={"lifecyclestage": "customer"})
        sandbox.edit_by_hand(moved, owner=OWNERS["nadia"])

        looked_at = self.until_dry(services)

        assert looked_at == 4
        assert follow_up_of(services, answered).first_response_at is not None
        assert follow_up_of(services, won).outcome == "won"
        assert follow_up_of(services, moved).ended_at is not None
        assert "owner_changed" in kinds(services, moved)
        assert old in open_leads(services)

    def test_it_reads_no_history_of_what_did_not_change(
        self, services: Services, sandbox: SandboxClient, clock: Clock
    ) -> None:
        given(services, sandbox, clock, 3)
        self.until_dry(services)
        clock.forward(24 * 3600)
        calls = sandbox.calls()["total"]

        looked_at = self.until_dry(services)

        assert looked_at == 3
        assert sandbox.calls()["total"] == calls + 1

    def test_it_knows_leads_that_redis_has_forgotten(
        self, services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
    ) -> None:
        won, moved, deleted = given(services, sandbox, clock, 3)
        record_outbox(services)
        for contact_id in (won, moved, deleted):
            redis_client.delete(services.store.keys.lead(contact_id))
        sandbox.edit_by_hand(won, properties={"lifecyclestage": "customer"})
        sandbox.edit_by_hand(moved, owner=OWNERS["nadia"])
        sandbox.delete(deleted)

        self.until_dry(services)

        assert follow_up_of(services, won).outcome == "won"
        assert follow_up_of(services, moved).ended_at is not None
        assert follow_up_of(services, deleted).ended_at is not None

    @staticmethod
    def until_dry(services: Services) -> int:
        before, done, after = services.clock(), 0, ""
        while True:
            step = follow_up_step(services, before=before, after=after)
            done += step.looked_at
            if not (after := step.after):
                return done
