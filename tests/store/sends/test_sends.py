"""What we send is kept before it goes out, for leads that are still ours, until its answer is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis

from router.deadlines import CALL, LEASE, SENT_AND_SILENT, VERIFY_AFTER
from router.store import lead_fields
from router.store.inbox.inbox import GROUP, Inbox, InboxEntry
from router.store.keys import Keys
from router.store.leads.commits import Commits, NewDecision
from router.store.leads.leads import Leads, LeadState, State
from router.store.sends.permit import Permit
from router.store.sends.send import Send
from router.store.sends.sends import Sending, Sends
from router.store.worklists.due_list import DueList
from router.timestamps import in_ms

SEND = Send(0, "71", "", 0, decision_id="501-0-a")


class Lead:
    """Lead 501, decided on an entry that "anna" has claimed."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self.client, self.keys = client, keys
        self.commits, self.sends = Commits(client, keys), Sends(client, keys)
        inbox = Inbox(client, keys)
        inbox.append([("501", 1)])
        (self.entry,) = inbox.take("anna")
        self.decide(episode=0)

    def decide(self, *, episode: int) -> None:
        new = NewDecision("501", episode, f"501-{episode}-a", "71", "", {}, {}, b"{}")
        self.commits.commit([new], version=self.commits.read_book()[1], now_ms=5 + episode)

    def begin(
        self,
        *,
        state: State = State.DECIDED,
        episode: int = 0,
        consumer: str = "anna",
        entries: tuple[InboxEntry, ...] | None = None,
        now_ms: int = 1_000,
    ) -> bool:
        claimed = (self.entry,) if entries is None else entries
        sending = Sending("501", state, episode, claimed, SEND)
        return self.sends.begin([sending], consumer=consumer, now_ms=now_ms) == {"501"}

    @property
    def state(self) -> LeadState:
        return Leads(self.client, self.keys).recall(["501"])["501"]


@pytest.fixture
def lead(redis_client: redis.Redis, keys: Keys) -> Lead:
    return Lead(redis_client, keys)


def test_a_lead_that_is_ours_is_sent_and_the_send_is_kept(lead: Lead) -> None:
    assert lead.begin()
    assert [one.owner_id for one in lead.state.sends] == ["71"]
    assert lead.state.unanswered_at_ms == 1_000


@pytest.mark.parametrize(
    ("state", "episode", "consumer"),
    [
        (State.WRITTEN, 0, "anna"),
        (State.DECIDED, 1, "anna"),
        (State.DECIDED, 0, "ben"),
    ],
)
def test_a_lead_that_has_moved_on_or_was_taken_over_is_not_sent(
    lead: Lead, state: State, episode: int, consumer: str
) -> None:
    assert not lead.begin(state=state, episode=episode, consumer=consumer)
    assert lead.state.sends == ()


def test_the_claims_are_renewed_before_a_lead_is_sent(
    lead: Lead, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.execute_command(
        "XCLAIM", keys.inbox, GROUP, "anna", 0, lead.entry.id, "IDLE", 29_000, "JUSTID"
    )

    lead.begin()

    (claim,) = redis_client.xpending_range(keys.inbox, GROUP, "-", "+", 1)
    assert claim["time_since_delivered"] < 10_000


def test_a_new_decision_keeps_what_was_sent_and_what_has_no_answer(lead: Lead) -> None:
    lead.begin()

    lead.decide(episode=1)

    assert lead.state.episode == 1
    assert [one.decision_id for one in lead.state.sends] == ["501-0-a"]
    assert lead.state.unanswered_at_ms == 1_000


def test_a_new_decision_keeps_a_doubt(lead: Lead, redis_client: redis.Redis, keys: Keys) -> None:
    lead.begin()
    lead.sends.doubt(["501"], now_ms=2_000)
    redis_client.hdel(keys.lead("501"), lead_fields.SENDING)  # the send itself was answered

    lead.decide(episode=1)

    assert lead.state.unanswered_at_ms == 2_000


def test_a_send_before_an_unanswered_one_stays_in_doubt(
    lead: Lead, redis_client: redis.Redis, keys: Keys
) -> None:
    lead.begin(now_ms=1_000)
    lead.begin(now_ms=2_000)
    redis_client.hdel(keys.lead("501"), lead_fields.SENDING)  # the second one was answered

    assert lead.state.unanswered_at_ms == 1_000


def test_a_doubt_ends_unless_something_was_sent_meanwhile(lead: Lead) -> None:
    lead.begin(now_ms=1_000)
    read_ms = lead.state.unanswered_at_ms
    lead.begin(now_ms=2_000)

    early = lead.sends.end_doubt({"501": read_ms})
    still = lead.state.unanswered_at_ms
    ended = lead.sends.end_doubt({"999": 5, "501": still})

    assert (early, still, ended) == (frozenset(), 2_000, {"501"})
    assert lead.state.unanswered_at_ms == 0


def test_a_send_that_did_not_go_out_is_withdrawn_and_no_other(lead: Lead) -> None:
    lead.begin(now_ms=1_000)
    lead.sends.withdraw(["501"], now_ms=999)
    kept = lead.state.unanswered_at_ms
    lead.sends.withdraw(["501"], now_ms=1_000)

    assert (kept, lead.state.unanswered_at_ms) == (1_000, 0)


def test_a_doubt_about_a_lead_without_a_send_is_not_kept(lead: Lead, keys: Keys) -> None:
    lead.sends.doubt(["501", "999"], now_ms=2_000)

    assert lead.state.unanswered_at_ms == 0
    assert not lead.client.exists(keys.lead("999"))


def test_a_doubt_does_not_go_back_in_time(lead: Lead, redis_client: redis.Redis, keys: Keys) -> None:
    lead.begin(now_ms=1_000)
    lead.sends.doubt(["501"], now_ms=3_000)
    lead.sends.doubt(["501"], now_ms=2_000)

    assert lead.state.unanswered_at_ms == 3_000


SOON_MS = 2_000 + in_ms(VERIFY_AFTER)


@pytest.mark.parametrize(
    ("due_ms", "then_ms"),
    [(9_000, SOON_MS), (SOON_MS, SOON_MS - 1), (SOON_MS - 1, SOON_MS - 2), (700, 699)],
)
def test_a_look_at_a_doubt_comes_no_later_than_it_was_due_and_is_told_from_the_one_before(
    lead: Lead, redis_client: redis.Redis, keys: Keys, due_ms: int, then_ms: int
) -> None:
    lead.begin(now_ms=1_000)
    verify = DueList(redis_client, keys.verify)
    verify.look_again(["501"], at_ms=due_ms)

    lead.sends.doubt(["501"], now_ms=2_000)

    assert verify.due(now_ms=10_000, limit=9) == {"501": then_ms}


@pytest.mark.parametrize(("is_claimed", "due_ms"), [(True, 699), (False, 1_000 + in_ms(SENT_AND_SILENT))])
def test_nobody_else_looks_at_a_lead_that_verification_writes(
    lead: Lead, redis_client: redis.Redis, keys: Keys, is_claimed: bool, due_ms: int
) -> None:
    verify = DueList(redis_client, keys.verify)
    verify.look_again(["501"], at_ms=700)

    lead.begin(entries=None if is_claimed else (), now_ms=1_000)

    assert verify.due(now_ms=2**52, limit=9) == {"501": due_ms}


@pytest.mark.parametrize(
    ("passed", "may_send", "holds"),
    [
        (timedelta(0), True, True),
        (LEASE - CALL - timedelta(seconds=1), True, True),
        (LEASE - CALL, False, True),
        (LEASE - timedelta(seconds=1), False, True),
        (LEASE, False, False),
        (-LEASE, False, False),
    ],
)
def test_a_permit_ends_before_the_claims_can_be_taken_over(
    passed: timedelta, may_send: bool, holds: bool
) -> None:
    began = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)

    permit = Permit(began)

    assert (permit.may_send(began + passed), permit.holds(began + passed)) == (may_send, holds)
