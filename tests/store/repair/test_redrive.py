"""A parked lead that is sent again is routed as if nothing had happened, and exactly once."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
import redis

from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.leads.commits import Commits, NewDecision, Transition
from router.store.leads.leads import Leads, State
from router.store.repair.erasures import Erasures
from router.store.repair.redrive import Redrive
from router.store.shared.outbox import Outbox

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def redrive(redis_client: redis.Redis, keys: Keys) -> Redrive:
    return Redrive(redis_client, keys)


def a_decision(contact_id: str = "501") -> NewDecision:
    return NewDecision(
        contact_id=contact_id,
        episode=0,
        decision_id=f"{contact_id}-0-aa",
        owner_id="77",
        expected_owner_id="",
        changes={"hubspot_owner_id": "77"},
        paid={"credit:idf:camille": -1},
        record=b"{}",
    )


def park(client: redis.Redis, keys: Keys, contact_id: str = "501", *, decided: bool) -> None:
    commits = Commits(client, keys)
    if decided:
        _, version = commits.read_book()
        commits.commit([a_decision(contact_id)], version=version, now_ms=NOW_MS)
    move = Transition(
        contact_id,
        0,
        State.PARKED,
        come_from=frozenset({None, State.DECIDED}),
        parked={"why": "HubSpot said no", "since": NOW.isoformat()},
        keep=True,
    )
    assert commits.finish([move], now_ms=NOW_MS) == (True,)


def waiting_contacts(client: redis.Redis, keys: Keys) -> list[str]:
    return [entry.contact_id for entry in Inbox(client, keys).take("me", reclaim=False)]


def test_a_decision_that_was_never_written_waits_to_be_written_again(
    redis_client: redis.Redis, keys: Keys, redrive: Redrive
) -> None:
    park(redis_client, keys, decided=True)

    answer = redrive.send_again("501", now=NOW)

    lead = Leads(redis_client, keys).recall(["501"])["501"]
    assert answer == "written anew"
    assert (lead.state, lead.decision_id, lead.changes) == (
        State.DECIDED,
        "501-0-aa",
        {"hubspot_owner_id": "77"},
    )
    assert waiting_contacts(redis_client, keys) == ["501"]


def test_a_lead_without_a_decision_is_forgotten_and_decided_like_a_new_one(
    redis_client: redis.Redis, keys: Keys, redrive: Redrive
) -> None:
    park(redis_client, keys, decided=False)

    answer = redrive.send_again("501", now=NOW)

    assert answer == "decided anew"
    assert Leads(redis_client, keys).recall(["501"]) == {}
    assert waiting_contacts(redis_client, keys) == ["501"]


def test_a_lead_that_was_sent_again_is_parked_no_more_and_its_history_says_so(
    redis_client: redis.Redis, keys: Keys, redrive: Redrive
) -> None:
    park(redis_client, keys, decided=True)

    redrive.send_again("501", now=NOW)

    last = Outbox(redis_client, keys).lines()[-1]
    assert Leads(redis_client, keys).parked() == {}
    assert (last.contact_id, last.record["kind"], last.record["at"]) == ("501", "redriven", NOW.isoformat())


def test_the_share_stays_paid_once(redis_client: redis.Redis, keys: Keys, redrive: Redrive) -> None:
    park(redis_client, keys, decided=True)
    before = Commits(redis_client, keys).read_book()

    redrive.send_again("501", now=NOW)

    assert Commits(redis_client, keys).read_book() == before


def test_sending_twice_announces_once(redis_client: redis.Redis, keys: Keys, redrive: Redrive) -> None:
    park(redis_client, keys, decided=True)

    answers = [redrive.send_again("501", now=NOW) for _ in range(2)]

    assert answers == ["written anew", "not parked"]
    assert waiting_contacts(redis_client, keys) == ["501"]


@pytest.mark.parametrize("decided", [True, False])
def test_a_lead_that_is_being_erased_stays_where_it_is(
    redis_client: redis.Redis, keys: Keys, redrive: Redrive, decided: bool
) -> None:
    park(redis_client, keys, decided=decided)
    Erasures(redis_client, keys).ask("501")

    answer = redrive.send_again("501", now=NOW)

    assert answer == "being erased"
    assert waiting_contacts(redis_client, keys) == []


def test_a_list_entry_whose_lead_is_finished_is_only_struck_off(
    redis_client: redis.Redis, keys: Keys, redrive: Redrive
) -> None:
    redis_client.hset(keys.parked, "501", orjson.dumps({"why": "?", "since": NOW.isoformat()}))
    redis_client.hset(keys.lead("501"), mapping={"ep": "0", "st": "done"})

    redrive.send_again("501", now=NOW)

    assert Leads(redis_client, keys).parked() == {}
    assert Leads(redis_client, keys).recall(["501"])["501"].state is State.DONE
