"""The first decision per lead and episode wins; shares move only with it, and states only forward."""

from __future__ import annotations

import threading

import pytest
import redis
from msgspec.structs import replace

from router.policy.shares.share_book import LEAD, returned_field
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.leads.commits import Commits, Committed, Lost, NewDecision, Outdated, Transition
from router.store.leads.leads import Leads, State
from router.store.repair.erasures import Erasures
from router.store.shared.outbox import Outbox


@pytest.fixture
def commits(redis_client: redis.Redis, keys: Keys) -> Commits:
    return Commits(redis_client, keys)


def a_decision(contact_id: str = "501", *, owner_id: str = "70000001", episode: int = 0) -> NewDecision:
    return NewDecision(
        contact_id=contact_id,
        episode=episode,
        decision_id=f"{contact_id}-{episode}-abcd",
        owner_id=owner_id,
        expected_owner_id="",
        changes={"hubspot_owner_id": owner_id},
        paid={"credit:idf:camille": -500_000_000, "credit:idf:hugo": 500_000_000, "open:camille": 1},
        record=b'{"id":"x"}',
    )


def a_move(contact_id: str, state: State, *, refund: bool = False, episode: int = 0) -> Transition:
    return Transition(contact_id, episode, state, come_from=frozenset({State.DECIDED}), refund=refund)


def test_a_commit_stores_the_decision_moves_the_shares_and_tells_the_ledger(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    answer = commits.commit([a_decision()], version=0, now_ms=5)

    state = Leads(redis_client, keys).recall(["501"])["501"]
    assert answer == Committed()
    assert (state.state, state.owner_id, state.changes) == (
        State.DECIDED,
        "70000001",
        {"hubspot_owner_id": "70000001"},
    )
    assert commits.read_book() == (
        {"credit:idf:camille": -500_000_000, "credit:idf:hugo": 500_000_000, "open:camille": 1},
        1,
    )
    assert [line.kind for line in Outbox(redis_client, keys).lines()] == ["decision"]


def test_a_commit_on_an_old_reading_of_the_book_changes_nothing(commits: Commits) -> None:
    commits.commit([a_decision("501")], version=0, now_ms=5)

    answer = commits.commit([a_decision("502")], version=0, now_ms=5)

    assert answer == Outdated()
    assert commits.read_book()[1] == 1


def test_the_first_decision_of_an_episode_wins_and_the_batch_is_all_or_nothing(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    commits.commit([a_decision("501", owner_id="70000001")], version=0, now_ms=5)

    answer = commits.commit([a_decision("501", owner_id="70000002"), a_decision("502")], version=1, now_ms=6)

    leads = Leads(redis_client, keys).recall(["501", "502"])
    assert answer == Lost(frozenset({"501"}))
    assert leads["501"].owner_id == "70000001"
    assert "502" not in leads


def test_a_later_episode_replaces_an_earlier_one(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    commits.commit([a_decision("501", owner_id="70000001")], version=0, now_ms=5)

    commits.commit([a_decision("501", owner_id="70000002", episode=1)], version=1, now_ms=6)

    assert Leads(redis_client, keys).recall(["501"])["501"].owner_id == "70000002"


def test_a_contact_that_is_being_erased_is_not_decided(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    Erasures(redis_client, keys).ask("501")

    assert commits.commit([a_decision("501")], version=0, now_ms=5) == Lost(frozenset({"501"}))


def test_eight_deciders_at_once_give_every_lead_one_owner_and_keep_the_sum_of_credits(
    redis_url: str, redis_client: redis.Redis, keys: Keys
) -> None:
    committed: list[tuple[str, str]] = []

    def decide_all(owner_id: str) -> None:
        client = redis.Redis.from_url(redis_url, decode_responses=True)
        mine = Commits(client, keys)
        for number in range(40):
            while True:
                _, version = mine.read_book()
                answer = mine.commit([a_decision(str(number), owner_id=owner_id)], version=version, now_ms=1)
                if isinstance(answer, Outdated):
                    continue
                if isinstance(answer, Committed):
                    committed.append((str(number), owner_id))
                break

    threads = [threading.Thread(target=decide_all, args=(f"7000000{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    book, version = Commits(redis_client, keys).read_book()
    assert sorted(lead for lead, _ in committed) == sorted(str(number) for number in range(40))
    assert version == 40
    assert book["credit:idf:camille"] + book["credit:idf:hugo"] == 0
    assert book["open:camille"] == 40


def test_a_share_is_given_back_once_when_a_person_takes_the_lead(commits: Commits) -> None:
    commits.commit([a_decision()], version=0, now_ms=5)

    moved = [commits.finish([a_move("501", State.HUMAN, refund=True)], now_ms=6) for _ in range(2)]

    book, _ = commits.read_book()
    assert moved == [(True,), (False,)]
    returned = returned_field("idf")
    assert {value for name, value in book.items() if name != returned} == {0}
    assert book[returned] == LEAD // 2, "the credit that came back, until it is evened out"


def test_finishing_acknowledges_and_a_lead_that_moved_already_stays_where_it_is(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox = Inbox(redis_client, keys)
    inbox.append([("501", 1)])
    entries = inbox.take("anna")
    commits.commit([a_decision()], version=0, now_ms=5)
    done = Transition("501", 0, State.DONE, come_from=frozenset({State.DECIDED}), entries=entries)

    first, second = commits.finish([done], now_ms=6), commits.finish([done], now_ms=7)

    assert (first, second) == ((True,), (False,))
    assert redis_client.xlen(keys.inbox) == 0
    assert redis_client.ttl(keys.lead("501")) > 89 * 86_400


def test_a_parked_lead_is_listed_with_why_and_kept(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    parked = Transition("501", 0, State.PARKED, come_from=frozenset({None}), parked={"why": "no"}, keep=True)

    commits.finish([parked], now_ms=6)

    assert Leads(redis_client, keys).parked() == {"501": {"why": "no"}}
    assert redis_client.ttl(keys.lead("501")) == -1


def test_erasing_leaves_no_trace_of_the_contact_and_keeps_the_shares(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    Inbox(redis_client, keys).append([("98765", 1), ("502", 1)])
    commits.commit([a_decision("98765")], version=0, now_ms=5)
    commits.finish(
        [Transition("98765", 0, State.QUEUED, come_from=frozenset({State.DECIDED}), queue="sdr")], now_ms=5
    )
    erasures = Erasures(redis_client, keys)
    erasures.ask("98765")

    erasures.erase("98765")

    assert not [key for key in redis_client.scan_iter() if "98765" in key]
    assert redis_client.zscore(keys.queue("sdr"), "98765") is None
    assert [fields["c"] for _, fields in redis_client.xrange(keys.inbox)] == ["502"]
    assert redis_client.xlen(keys.outbox) == 0
    book, _ = commits.read_book()
    assert (book["credit:idf:camille"], book["open:camille"]) == (-500_000_000, 0)


def test_a_refund_of_nothing_is_no_mistake(commits: Commits) -> None:
    decision = replace(a_decision(), paid={"credit:idf:hugo": 0, "open:camille": 1})
    commits.commit([decision], version=0, now_ms=5)

    moved = commits.finish([a_move("501", State.HUMAN, refund=True)], now_ms=6)

    assert moved == (True,)
    assert commits.read_book()[0] == {"credit:idf:hugo": 0, "open:camille": 0}


def test_a_transition_of_an_earlier_episode_moves_nothing(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    """A worker that slept comes with the outcome of a decision that was replaced meanwhile."""
    commits.commit([a_decision(owner_id="70000001")], version=0, now_ms=5)
    commits.commit([a_decision(owner_id="70000002", episode=1)], version=1, now_ms=6)
    book = commits.read_book()

    moved = commits.finish(
        [
            a_move("501", State.WRITTEN, episode=0),
            a_move("501", State.HUMAN, refund=True, episode=0),
            a_move("501", State.WRITTEN, episode=2),
        ],
        now_ms=7,
    )

    state = Leads(redis_client, keys).recall(["501"])["501"]
    assert moved == (False, False, False)
    assert (state.state, state.episode, state.owner_id) == (State.DECIDED, 1, "70000002")
    assert commits.read_book() == book


def test_a_share_is_given_back_once(commits: Commits) -> None:
    """The owner was refused, then a person took the lead: both give the share back."""
    commits.commit([a_decision()], version=0, now_ms=5)

    commits.finish([a_move("501", State.DECIDED, refund=True)], now_ms=6)
    commits.finish([a_move("501", State.HUMAN, refund=True)], now_ms=7)

    book, _ = commits.read_book()
    assert book.pop(returned_field("idf")) == LEAD // 2, "noted once, too"
    assert set(book.values()) == {0}


def test_a_refund_makes_decisions_under_way_outdated(commits: Commits) -> None:
    commits.commit([a_decision("501")], version=0, now_ms=5)
    _, version = commits.read_book()
    commits.finish([a_move("501", State.HUMAN, refund=True)], now_ms=6)

    answer = commits.commit([a_decision("502")], version=version, now_ms=7)

    assert answer == Outdated()


def test_what_a_team_has_given_stays_given(commits: Commits) -> None:
    given = {
        "credit:idf:camille": -1,
        "given:idf:camille": 1,
        "largest:idf": 3,
        "served:idf": 1,
        "last:idf": 7,
    }
    commits.commit([replace(a_decision(), paid=given)], version=0, now_ms=5)

    commits.finish([a_move("501", State.HUMAN, refund=True)], now_ms=6)

    assert commits.read_book()[0] == given | {"credit:idf:camille": 0, returned_field("idf"): 1}
