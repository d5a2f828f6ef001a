"""With whom leads count as open: moved at once, once, and only by whoever knows the latest."""

from __future__ import annotations

import pytest
import redis

from router.store.keys import Keys
from router.store.leads.commits import Commits, NewDecision
from router.store.leads.open_leads import OpenLeads

NOW = 1_800_000_000_000


@pytest.fixture
def commits(redis_client: redis.Redis, keys: Keys) -> Commits:
    return Commits(redis_client, keys)


@pytest.fixture
def open_leads(redis_client: redis.Redis, keys: Keys) -> OpenLeads:
    return OpenLeads(redis_client, keys)


def decide(commits: Commits, contact_id: str, paid: dict[str, int], *, episode: int = 0) -> None:
    _fields, version = commits.read_book()
    decision = NewDecision(contact_id, episode, f"{contact_id}-{episode}", "7", "", {}, paid, b"{}")
    commits.commit([decision], version=version, now_ms=NOW)


def counts(commits: Commits) -> dict[str, int]:
    fields, _version = commits.read_book()
    return {name: count for name, count in fields.items() if name.startswith("open:")}


def test_a_decision_joins_and_the_next_one_leaves(commits: Commits, open_leads: OpenLeads) -> None:
    decide(commits, "501", {"open:anna": 1, "credit:sales:anna": -5})
    first = counts(commits)

    decide(commits, "501", {"open:ben": 1}, episode=1)

    assert first == {"open:anna": 1}
    assert counts(commits) == {"open:anna": 0, "open:ben": 1}
    assert open_leads.places(["501", "502"]) == {"501": "open:ben"}


@pytest.mark.parametrize("paid", [{"open:ben": 1, "open:anna": -1}, {"open:anna": 0}, {"open:anna": -1}, {}])
def test_what_a_decision_takes_away_is_taken_away_once(commits: Commits, paid: dict[str, int]) -> None:
    decide(commits, "501", {"open:anna": 1})

    decide(commits, "501", paid, episode=1)

    joins = next((name for name, change in paid.items() if change >= 0), None)
    assert {name: count for name, count in counts(commits).items() if count} == ({joins: 1} if joins else {})


def test_a_lead_of_an_earlier_version_counts_by_its_decisions(
    commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    decide(commits, "501", {"open:anna": 1})
    redis_client.hdel(keys.lead("501"), "op")

    decide(commits, "501", {"open:ben": 1, "open:anna": -1}, episode=1)

    assert counts(commits) == {"open:anna": 0, "open:ben": 1}


def test_a_move_counts_once_however_often_it_is_told(commits: Commits, open_leads: OpenLeads) -> None:
    decide(commits, "501", {"open:anna": 1})

    moved = [open_leads.recount({"501": (0, "open:ben")}, now_ms=NOW) for _ in range(2)]

    assert moved == [1, 0]
    assert counts(commits) == {"open:anna": 0, "open:ben": 1}
    assert open_leads.moved_lately(now_ms=NOW + 59_000) == ("501",)
    assert open_leads.moved_lately(now_ms=NOW + 61_000) == ()


def test_who_looked_before_the_latest_decision_moves_nothing(commits: Commits, open_leads: OpenLeads) -> None:
    decide(commits, "501", {"open:anna": 1})
    decide(commits, "501", {"open:ben": 1}, episode=1)

    open_leads.recount({"501": (0, "")}, now_ms=NOW)

    assert counts(commits) == {"open:anna": 0, "open:ben": 1}


def test_the_night_notes_places_and_leaves_counts_to_the_search(
    commits: Commits, open_leads: OpenLeads
) -> None:
    decide(commits, "501", {"open:anna": 1})

    open_leads.recount({"501": (0, "")}, now_ms=NOW, moves_book=False)

    assert counts(commits) == {"open:anna": 1}
    assert open_leads.places(["501"]) == {"501": ""}


def test_a_lead_whose_place_is_unknown_is_left_to_the_search(
    commits: Commits, open_leads: OpenLeads, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.hset(keys.lead("501"), mapping={"ep": "0", "st": "human"})

    open_leads.recount({"501": (0, "open:anna")}, now_ms=NOW)
    known = counts(commits)
    open_leads.recount({"501": (0, "open:ben")}, now_ms=NOW)

    assert known == {}
    assert counts(commits) == {"open:anna": -1, "open:ben": 1}
