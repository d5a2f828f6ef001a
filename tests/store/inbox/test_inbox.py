"""Announced leads wait, are claimed once, come back when nobody finishes them, and are never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from router.store.drains.drains import Drains
from router.store.inbox.inbox import GROUP, Inbox, Waiting
from router.store.keys import Keys


@pytest.fixture
def inbox(redis_client: redis.Redis, keys: Keys) -> Inbox:
    made = Inbox(redis_client, keys)
    made.open()
    return made


def test_an_announced_lead_is_claimed_by_one_consumer_only(inbox: Inbox) -> None:
    inbox.append([("501", 1_000), ("502", 2_000)])

    first, second = inbox.take("anna"), inbox.take("ben")

    assert [(entry.contact_id, entry.occurred_at_ms) for entry in first] == [("501", 1_000), ("502", 2_000)]
    assert second == ()


def test_new_leads_go_before_what_housekeeping_found(inbox: Inbox) -> None:
    inbox.append_low(["900"], now_ms=1)
    inbox.append([("501", 1)])

    taken = [inbox.take("anna")[0].contact_id for _ in range(2)]

    assert taken == ["501", "900"]


def test_a_claim_that_nobody_renewed_goes_to_whoever_looks_next(
    redis_client: redis.Redis, keys: Keys
) -> None:
    inbox = Inbox(redis_client, keys, lease=timedelta(milliseconds=1))
    inbox.append([("501", 1)])
    (lost,) = inbox.take("dead")
    redis_client.execute_command("XCLAIM", keys.inbox, GROUP, "dead", 0, lost.id, "IDLE", 5_000, "JUSTID")

    (again,) = inbox.take("alive")

    assert (again.contact_id, again.deliveries) == ("501", 2)
    assert inbox.renew("dead", [lost]) == {lost.id}


def test_a_renewed_claim_stays_ours(inbox: Inbox, redis_client: redis.Redis, keys: Keys) -> None:
    inbox.append([("501", 1)])
    (entry,) = inbox.take("anna")
    redis_client.execute_command("XCLAIM", keys.inbox, GROUP, "anna", 0, entry.id, "IDLE", 29_999, "JUSTID")

    lost = inbox.renew("anna", [entry])

    assert lost == frozenset()
    assert inbox.take("ben") == ()


def test_a_lead_given_back_comes_at_once_and_is_not_counted_as_tried(inbox: Inbox) -> None:
    inbox.append([("501", 1)])
    for _ in range(20):
        entries = inbox.take("anna")
        inbox.release("anna", entries)

    (entry,) = inbox.take("ben")

    assert entry.deliveries == 1


def test_an_emptied_redis_is_opened_anew(inbox: Inbox, redis_client: redis.Redis) -> None:
    redis_client.flushall()

    assert inbox.take("anna") == ()
    assert inbox.append([("501", 1)])
    assert inbox.take("anna")[0].contact_id == "501"


def test_only_unclaimed_leads_count_as_waiting(inbox: Inbox) -> None:
    inbox.append([(str(number), 1) for number in range(150)])

    assert inbox.waiting(limit=100) == Waiting(100, low=False)
    inbox.take("anna", limit=100)
    assert inbox.waiting(limit=100) == Waiting(50, low=False)
    inbox.take("anna", limit=100)
    assert inbox.waiting(limit=100) == Waiting(0, low=False)
    inbox.append_low(["900", "901"], now_ms=1)
    assert inbox.waiting(limit=100) == Waiting(0, low=True)
    inbox.take("anna", limit=100)
    assert not inbox.waiting(limit=100).is_any


def test_wake_ups_are_sent_only_when_they_help(inbox: Inbox, redis_client: redis.Redis, keys: Keys) -> None:
    drains = Drains(redis_client, keys)

    assert inbox.append([("1", 1)]), "nobody is at work"
    assert not inbox.append([("2", 1)]), "a wake-up is on its way"
    drains.begin("anna")
    assert not inbox.append([("3", 1)]), "anna is at work and will see it"
    assert inbox.append([(str(number), 1) for number in range(900)]), "more than anna can carry"
    assert not drains.keep("anna"), "that wake-up is on its way"
    redis_client.delete(keys.awake)
    drains.leave("ben")
    assert drains.keep("anna"), "nobody came: a drain at work calls for help itself"
    assert not drains.begin("ben"), "the two can carry it"
    drains.leave("ben")
    assert not drains.rest("anna"), "something waits"
    while entries := inbox.take("anna"):
        Inbox(redis_client, keys).acknowledge(entries)
    assert drains.rest("anna")
    redis_client.delete(keys.awake)
    assert drains.should_wake()


def test_erasures_and_counts_go_with_the_same_call(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    woke = inbox.append([], erased=["77"], ignored=3)

    assert not woke
    assert redis_client.smembers(keys.erasures) == {"77"}
    assert redis_client.hgetall(keys.counts) == {
        "events_erasure": "1",
        "events_ignored": "3",
        "deliveries": "1",
    }


def test_only_merges_of_our_own_leads_are_noted(inbox: Inbox, redis_client: redis.Redis, keys: Keys) -> None:
    for one in ("501", "502"):
        redis_client.hset(keys.lead(one), "st", "done")
    redis_client.sadd(keys.erasures, "502")

    assert inbox.note_merged(["501", "502", "503"], now_ms=7) == 1

    assert redis_client.zrange(keys.merged, 0, -1, withscores=True) == [["501", 7.0]]
    assert inbox.note_merged([], now_ms=8) == 0


def test_only_changes_of_our_own_leads_are_noted_once_and_wake_nobody(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.hset(keys.lead("501"), "st", "done")
    redis_client.hset(keys.lead("503"), "st", "done")
    redis_client.sadd(keys.erasures, "503")

    woke = [inbox.append([], changed=[("501", 1), ("502", 1), ("503", 1)]) for _ in range(2)]

    assert woke == [False, False]
    assert redis_client.zrange(keys.changed, 0, -1) == ["501"]
    assert redis_client.hgetall(keys.counts) == {
        "events_changed": "2",
        "events_ignored": "4",
        "deliveries": "2",
    }


def test_consumers_that_hold_nothing_are_forgotten(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([("501", 1)])
    inbox.take("holds-one")
    inbox.take("holds-none")

    inbox.forget_idle_consumers(idle=timedelta(seconds=-1))

    names = [consumer["name"] for consumer in redis_client.xinfo_consumers(keys.inbox, GROUP)]
    assert names == ["holds-one"]


def test_only_the_one_who_holds_a_claim_can_give_it_back(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([("501", 1)])
    (entry,) = inbox.take("asleep")
    redis_client.execute_command("XCLAIM", keys.inbox, GROUP, "awake", 0, entry.id)

    inbox.release("asleep", [entry])
    inbox.uncount("asleep", [entry])

    (claim,) = redis_client.xpending_range(keys.inbox, GROUP, "-", "+", 1)
    assert (claim["consumer"], claim["times_delivered"]) == ("awake", 2)
    assert inbox.take("third") == ()


def test_a_delivery_that_says_nothing_about_the_lead_is_not_counted_and_its_claim_stays(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([("501", 1)])
    (entry,) = inbox.take("anna")
    redis_client.execute_command("XCLAIM", keys.inbox, GROUP, "anna", 0, entry.id, "IDLE", 9_000, "JUSTID")

    inbox.uncount("anna", [entry])

    (claim,) = redis_client.xpending_range(keys.inbox, GROUP, "-", "+", 1)
    assert (claim["consumer"], claim["times_delivered"]) == ("anna", 0)
    assert 9_000 <= claim["time_since_delivered"] < 20_000


def test_claims_of_a_batch_that_takes_long_are_kept_and_no_others(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([(str(number), 1) for number in range(501, 505)])
    slow, given_back, taken_over, done = entries = inbox.take("anna")
    inbox.release("anna", [given_back])
    inbox.acknowledge([done])
    redis_client.xclaim(keys.inbox, GROUP, "boris", 0, [taken_over.id], idle=20_000)
    redis_client.xclaim(keys.inbox, GROUP, "anna", 0, [slow.id], idle=20_000, justid=True)

    inbox.keep("anna", entries)

    pending = {one["message_id"]: one for one in redis_client.xpending_range(keys.inbox, GROUP, "-", "+", 10)}
    assert pending.keys() == {slow.id, given_back.id, taken_over.id}
    assert pending[slow.id]["time_since_delivered"] < 20_000
    assert pending[given_back.id]["time_since_delivered"] >= 30_000
    assert pending[taken_over.id]["time_since_delivered"] >= 20_000
    assert pending[taken_over.id]["consumer"] == "boris"
    assert pending[slow.id]["times_delivered"] == 1
