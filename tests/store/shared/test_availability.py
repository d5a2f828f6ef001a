"""What one process says of a rep's availability, every other one hears at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis

from router.policy.people.availability import Reported
from router.store.keys import Keys
from router.store.shared.availability import AvailabilityRepository, Override

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
AWAY = Override("away", until=NOW + timedelta(hours=1), said_at=NOW, why="salon à Lyon")


@pytest.fixture
def repositories(
    redis_client: redis.Redis, keys: Keys
) -> tuple[AvailabilityRepository, AvailabilityRepository]:
    """Those of two processes."""
    return AvailabilityRepository(redis_client, keys), AvailabilityRepository(redis_client, keys)


def test_an_override_is_heard_by_everybody_until_it_is_lifted(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
) -> None:
    ours, theirs = repositories
    assert theirs.reported().overrides == {}

    ours.override("léa", AWAY)

    assert theirs.reported().overrides == {"léa": AWAY}
    assert ours.lift("léa", at=NOW)
    assert not ours.lift("léa", at=NOW)
    assert theirs.reported().overrides == {}


def test_hubspots_word_and_overrides_do_not_disturb_each_other(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
) -> None:
    ours, theirs = repositories
    ours.override("hubspot", AWAY)

    theirs.put_hubspot({"103": Reported(away_in_hubspot=True)}, at=NOW)
    theirs.put_hubspot({"104": Reported(out_of_office=((NOW, AWAY.until),))}, at=NOW)

    heard = ours.reported()
    assert heard.at == NOW
    assert heard.hubspot == {"104": Reported(out_of_office=((NOW, AWAY.until),))}
    assert heard.overrides == {"hubspot": AWAY}


def test_the_same_is_heard_as_the_same_object(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
) -> None:
    ours, _ = repositories
    ours.override("anna", AWAY)

    assert ours.reported() is ours.reported()


def test_overrides_that_have_ended_are_dropped(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
) -> None:
    ours, _ = repositories
    ours.override("anna", AWAY)
    ours.override("ben", Override("present", until=NOW + timedelta(days=1), said_at=NOW))

    ours.forget_ended(now=AWAY.until)

    assert set(ours.reported().overrides) == {"ben"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        '{"kind":"away"}',
        '{"kind":"ill","until":"2026-12-01T00:00:00Z","said_at":"2026-11-24T00:00:00Z"}',
        '{"kind":"away","until":"2026-12-01T00:00:00","said_at":"2026-11-24T00:00:00Z"}',
        '{"kind":"away","until":"99999-12-01T00:00:00Z","said_at":"2026-11-24T00:00:00Z"}',
        '{"kind":"away","until":' + "9" * 5000 + ',"said_at":"2026-11-24T00:00:00Z"}',
    ],
    ids=range(7),
)
def test_an_override_that_cannot_be_read_concerns_its_rep_alone(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
    redis_client: redis.Redis,
    keys: Keys,
    text: str,
) -> None:
    ours, _ = repositories
    ours.override("ben", AWAY)
    redis_client.hset(keys.availability, "override:anna", text)

    heard = ours.reported()

    assert (heard.overrides, heard.unreadable) == ({"ben": AWAY}, {"anna"})
    assert ours.lift("anna", at=NOW)
    assert ours.reported().unreadable == frozenset()


@pytest.mark.parametrize(
    "record",
    [
        *("null", "[]", '"x"', '{"away_until":5}', '{"out_of_office":[[1]]}', '{"timezone":7}'),
        *('{"away_until":"2026-12-01T09:00:00"}', '{"timezone":"Europe/Nowhere"}', '{"hours":{"name":"x"}}'),
    ],
)
def test_a_report_of_one_owner_that_cannot_be_read_concerns_this_owner_alone(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
    redis_client: redis.Redis,
    keys: Keys,
    record: str,
) -> None:
    said = '{"103":' + record + ',"104":{"away_in_hubspot":true}}'
    redis_client.hset(keys.availability, "hubspot", f'{{"at":"{NOW.isoformat()}","said":{said}}}')

    heard = repositories[0].reported().hubspot

    assert heard["104"] == Reported(away_in_hubspot=True)
    assert heard["103"].unreadable


@pytest.mark.parametrize("text", ["", "[]", '{"said":{}}', '{"at":"2026-11-24T09:00:00","said":{}}', "{"])
def test_a_stored_report_that_cannot_be_read_is_none(
    repositories: tuple[AvailabilityRepository, AvailabilityRepository],
    redis_client: redis.Redis,
    keys: Keys,
    text: str,
) -> None:
    redis_client.hset(keys.availability, "hubspot", text)

    assert repositories[0].reported().at is None
