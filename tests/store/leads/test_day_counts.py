"""Leads of a day are counted in a hash of that day, which ends: the book stays as small as at first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import redis

from router.policy.shares.share_book import credit_field, last_field, open_field, today_field
from router.store.claims.claims import ClaimCommitted, ClaimLimits, ClaimStore, Full
from router.store.keys import Keys
from router.store.leads.commits import Commits, Committed, NewDecision, Outdated, Transition
from router.store.leads.leads import State

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def commits(redis_client: redis.Redis, keys: Keys) -> Commits:
    return Commits(redis_client, keys)


def a_decision(contact_id: str, *, paid: dict[str, int], episode: int = 0, queue: str = "") -> NewDecision:
    return NewDecision(
        contact_id, episode, f"{contact_id}-{episode}-abcd", "7", "", {}, paid, b"{}", queue=queue
    )


def commit(commits: Commits, contact_id: str, **paid: int) -> None:
    """One decision that adds to the fields `day_rep`, such as monday_anna."""
    days = {"monday": MONDAY, "tuesday": TUESDAY}
    fields = {
        today_field(days[name.split("_")[0]], name.split("_")[1]): count for name, count in paid.items()
    }
    version = commits.read_book()[1]
    assert commits.commit([a_decision(contact_id, paid=fields)], version=version, now_ms=5) == Committed()


def refund(commits: Commits, contact_id: str) -> None:
    move = Transition(contact_id, 0, State.HUMAN, come_from=frozenset({State.DECIDED}), refund=True)
    assert commits.finish([move], now_ms=6) == (True,)


def test_the_counts_of_a_day_are_read_only_where_they_are_asked_for(commits: Commits) -> None:
    commit(commits, "501", monday_anna=1)
    commit(commits, "502", tuesday_anna=1)

    assert commits.read_book() == ({}, 2)
    assert commits.read_book([TUESDAY]) == ({today_field(TUESDAY, "anna"): 1}, 2)
    assert commits.read_book([MONDAY, TUESDAY])[0] == {
        today_field(MONDAY, "anna"): 1,
        today_field(TUESDAY, "anna"): 1,
    }


def test_a_day_ends_some_days_after_its_last_lead(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    commit(commits, "501", monday_anna=1)
    redis_client.expire(keys.book_of_day(MONDAY.isoformat()), 60)

    commit(commits, "502", monday_ben=1)

    assert 3 * 86_400 < redis_client.ttl(keys.book_of_day(MONDAY.isoformat())) <= 4 * 86_400
    assert redis_client.ttl(keys.book) == -1, "credits do not end"


def test_a_refund_goes_to_the_day_in_which_the_lead_was_counted(commits: Commits) -> None:
    commit(commits, "501", monday_anna=1)
    commit(commits, "502", monday_anna=1)
    commit(commits, "503", tuesday_anna=1)

    refund(commits, "501")

    fields, _ = commits.read_book([MONDAY, TUESDAY])
    assert fields == {today_field(MONDAY, "anna"): 1, today_field(TUESDAY, "anna"): 1}


def test_a_refund_of_a_day_that_has_ended_does_not_bring_it_back(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    commit(commits, "501", monday_anna=1)
    redis_client.delete(keys.book_of_day(MONDAY.isoformat()))  # as its end of life does

    refund(commits, "501")

    assert not redis_client.exists(keys.book_of_day(MONDAY.isoformat()))
    assert commits.read_book([MONDAY])[0] == {}


def test_a_decision_that_takes_an_old_count_back_does_not_bring_its_day_back(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    """A lead that is taken from its rep with a refund, days later."""
    commit(commits, "501", monday_anna=-1, tuesday_ben=1)

    assert not redis_client.exists(keys.book_of_day(MONDAY.isoformat()))
    assert commits.read_book([TUESDAY])[0] == {today_field(TUESDAY, "ben"): 1}


def test_a_count_of_the_day_makes_decisions_under_way_outdated(commits: Commits) -> None:
    _, version = commits.read_book([TUESDAY])
    commit(commits, "501", tuesday_anna=1)

    late = a_decision("502", paid={today_field(TUESDAY, "anna"): 1})

    assert commits.commit([late], version=version, now_ms=6) == Outdated()


def test_a_claim_is_held_to_the_limit_of_its_day(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    claims, field = ClaimStore(redis_client, keys), today_field(TUESDAY, "anna")
    answers = []
    for contact_id in ("501", "502"):
        commits.commit(
            [a_decision(contact_id, paid={}, queue="sdr")], version=commits.read_book()[1], now_ms=5
        )
        waits = Transition(contact_id, 0, State.QUEUED, come_from=frozenset({State.DECIDED}), queue="sdr")
        commits.finish([waits], now_ms=6)
        claim = a_decision(contact_id, paid={field: 1}, episode=1, queue="sdr")
        answers.append(claims.claim(claim, rep="anna", limits=ClaimLimits({field: 1}), now_ms=7))

    assert answers == [ClaimCommitted(), Full(field, 1)]
    assert commits.read_book([TUESDAY])[0] == {field: 1}
    assert redis_client.ttl(keys.book_of_day(TUESDAY.isoformat())) > 0


def test_a_year_of_two_hundred_reps_leaves_the_book_as_small_as_the_first_day(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    reps = [f"rep{number}" for number in range(200)]
    sizes = []
    for place in range(365):
        day = TUESDAY - timedelta(days=364 - place)
        paid = {today_field(day, rep): 3 for rep in reps}
        for rep in reps:
            paid |= {credit_field("sales", rep): 0, last_field("sales", rep): 1, open_field(rep): 1}
        decision = a_decision(f"day{place}", paid=paid)
        commits.commit([decision], version=commits.read_book([day])[1], now_ms=5)
        sizes.append(len(commits.read_book([day])[0]))

    assert set(sizes) == {800}
    before = redis_client.info("commandstats")
    commits.read_book([TUESDAY])
    after = redis_client.info("commandstats")
    assert calls(after, "hgetall") - calls(before, "hgetall") == 2
    assert redis_client.hlen(keys.book) == 601, "three fields a rep, and the version"


def calls(stats: dict[str, dict[str, int]], command: str) -> int:
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])
