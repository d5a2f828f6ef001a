"""The embedded server keeps what it was told, and says clearly what is wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from router.store.embedded import EmbeddedServerError, EmbeddedValkey


def test_a_killed_server_comes_back_with_everything(valkey: EmbeddedValkey) -> None:
    _client(valkey).set("lead", "501")

    valkey.kill()
    valkey.start()

    assert _client(valkey).get("lead") == "501"


def test_a_stopped_server_is_gone_and_comes_back(valkey: EmbeddedValkey) -> None:
    _client(valkey).set("lead", "501")
    valkey.stop()
    with pytest.raises(redis.exceptions.ConnectionError):
        _client(valkey).ping()

    valkey.start()

    assert _client(valkey).get("lead") == "501"


def test_a_second_start_on_the_directory_joins_the_first_server(valkey: EmbeddedValkey) -> None:
    _client(valkey).set("lead", "501")

    second = EmbeddedValkey(valkey.directory).start()
    second.stop()

    assert not second.ours
    assert _client(valkey).get("lead") == "501"


def test_a_server_whose_starter_is_dead_is_taken_over(tmp_path: Path) -> None:
    orphan = (
        "import sys, os; from pathlib import Path; from router.store.embedded import EmbeddedValkey;"
        "EmbeddedValkey(Path(sys.argv[1])).start(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", orphan, str(tmp_path)], check=True)

    heir = EmbeddedValkey(tmp_path).start()
    assert heir.ours
    heir.stop()

    assert not heir.socket.exists()


def test_a_long_directory_name_gets_a_short_socket(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 120)

    with EmbeddedValkey(directory) as server:
        assert _client(server).ping()
        assert len(str(server.socket)) < 100


def test_a_server_that_cannot_start_tells_its_last_words(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path, appendfsync="sometimes")
    started = time.monotonic()

    with pytest.raises(EmbeddedServerError, match="does not answer"):
        server.start()

    assert time.monotonic() - started < 10


def test_the_server_keeps_an_append_only_file_and_never_evicts(valkey: EmbeddedValkey) -> None:
    settings = _client(valkey).config_get("*")

    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["port"] == "0"


def _client(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)
