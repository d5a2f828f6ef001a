"""`max_per_day` counts the days of the company's time zone, on every way on which a lead reaches a rep."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from router.routing.intake.restore import clean_old_book, make_whole
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.queues.tend import tend_queues
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, owner_of, queued
from tests.world.rule_folders import with_rep_line
from tests.world.time import NOW, Clock

HUGO = "hugo:    {owner: hugo.petit@acme.fr, weight: 1"
BEFORE_MIDNIGHT = datetime(2026, 11, 24, 22, 59, tzinfo=UTC)
"""A minute before midnight in Paris; in UTC the day has another hour."""


@pytest.fixture
def limited(services: Services, rules: Path) -> Services:
    """Hugo takes two leads a day."""
    with_rep_line(services, rules, HUGO, f"{HUGO}, max_per_day: 2")
    return services


def got(services: Services, sandbox: SandboxClient, leads: int) -> Counter[str]:
    reps = {owner: rep for rep, owner in OWNERS.items()}
    return Counter(reps[owner_of(sandbox, one)] for one in queued(services, sandbox, leads))


def test_the_day_ends_at_midnight_in_the_companys_time_zone(
    limited: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    clock.set_to(BEFORE_MIDNIGHT)
    first, second = got(limited, sandbox, 12), got(limited, sandbox, 12)
    clock.forward(120)
    third, fourth = got(limited, sandbox, 12), got(limited, sandbox, 12)

    assert (first["hugo"], second["hugo"]) == (2, 0)
    assert (third["hugo"], fourth["hugo"]) == (2, 0)


def test_a_lead_that_somebody_else_took_does_not_count(
    limited: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    sandbox.overtake(times=12, owner=OWNERS["claire"])
    queued(limited, sandbox, 12)
    clock.forward(5)
    verify_owners(limited)

    assert got(limited, sandbox, 12)["hugo"] == 2


def test_a_claim_counts_and_is_counted(pull: Services, rules: Path, sandbox: SandboxClient) -> None:
    with_rep_line(pull, rules, HUGO, f"{HUGO}, max_per_day: 2")
    ids = queued(pull, sandbox, 3)

    answers = [claim_lead(pull, one, rep="hugo").kind for one in ids]

    assert answers == ["yes", "yes", "at_limit"]


def test_a_lead_is_not_pushed_out_of_its_queue_to_reps_whose_day_is_full(
    pull: Services, rules: Path, sandbox: SandboxClient, clock: Clock
) -> None:
    team = rules / "team.yaml"
    team.write_text(team.read_text().replace("languages: [fr]", "languages: [fr], max_per_day: 1"))
    pull.rules.refresh()
    *ids, waiting = queued(pull, sandbox, 4)
    for contact_id, rep in zip(ids, ("camille", "hugo", "lea"), strict=True):
        assert claim_lead(pull, contact_id, rep=rep).is_yes
    clock.forward(3600)

    today = tend_queues(pull)
    clock.forward(24 * 3600)
    tomorrow = tend_queues(pull)

    assert (today.reopened, tomorrow.reopened) == (0, 1)
    assert pull.store.leads.recall([waiting])[waiting].state is State.REOPENED


def test_the_counts_of_an_earlier_version_hold_after_the_upgrade(
    limited: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    book = limited.store.keys.book
    past = {f"today:{NOW.date() - timedelta(days=number)}:hugo": "2" for number in range(3, 400)}
    redis_client.hset(book, mapping=past | {f"today:{NOW.date()}:hugo": "1", "credit:idf:hugo": "0"})

    clean_old_book(limited)

    assert not [name for name in redis_client.hkeys(book) if name.startswith("today:")]
    assert got(limited, sandbox, 12)["hugo"] == 1


def test_the_counts_of_the_day_come_back_after_redis_was_emptied(
    limited: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    assert got(limited, sandbox, 12)["hugo"] == 2
    record_outbox(limited)
    redis_client.flushall()
    limited.store.inbox.open()

    make_whole(limited)

    day = limited.rules.policy().roster.day_of(clock())
    assert redis_client.ttl(limited.store.keys.book_of_day(day.isoformat())) > 0
    assert got(limited, sandbox, 12)["hugo"] == 0
