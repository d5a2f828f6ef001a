"""A server that reads a large file is waited for, and everybody says so; a silent one is given up."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from router.store import embedded
from router.store.clients import text_client
from router.store.embedded import EmbeddedServerError, EmbeddedValkey
from router.store.health.conditions.table import findings
from router.store.health.report import counts_only, in_detail
from router.store.health.vitals import Vitals
from router.store.keys import Keys
from router.store.loading import Loading
from tests.world.slow_start import SLOWLY, filled, loading

KEYS = 15_000


def test_a_server_that_reads_its_data_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, keys=KEYS)
    monkeypatch.setattr(embedded, "START_S", 1.0)  # a third of the time that it needs
    monkeypatch.setattr(embedded, "LOADING_SAID_EVERY_S", 0.0)
    said: list[Loading] = []
    server = EmbeddedValkey(tmp_path, options=SLOWLY)
    server.on_loading = said.append

    with server:
        keys = redis.Redis.from_url(server.url).dbsize()

    assert keys == KEYS
    assert len(said) > 1
    percents = [one.percent for one in said if one.percent is not None]
    assert percents == sorted(percents)
    assert said[0].sentence.startswith("Redis reads its data after a start, ")


def test_a_second_process_joins_a_server_that_reads_its_data_and_waits(tmp_path: Path) -> None:
    with loading(tmp_path, keys=KEYS) as server:
        second = EmbeddedValkey(tmp_path).start()

        assert redis.Redis.from_url(second.url).dbsize() == KEYS
        assert not second.ours
        assert server.ours


def test_a_server_that_gives_no_sign_of_life_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "START_S", 0.5)
    server = EmbeddedValkey(tmp_path)
    monkeypatch.setattr(server, "socket", tmp_path / "another.sock")  # where nobody listens
    monkeypatch.setattr(server, "options", {"unixsocket": str(tmp_path / "valkey.sock")})

    with pytest.raises(EmbeddedServerError, match="does not answer"):
        server.start()

    assert not server.ours


def test_the_health_page_says_that_redis_reads_its_data(tmp_path: Path) -> None:
    with loading(tmp_path) as server:
        reading = Vitals(text_client(server.url), Keys("4242")).read_if_possible()

        assert isinstance(reading, Loading)
        (found,) = findings(reading)
        assert (found.condition, found.level) == ("redis_loading", "failing")
        assert "reads its data" in found.sentence
        assert in_detail(reading)["redis"] == counts_only(reading)["redis"] == "loading"
