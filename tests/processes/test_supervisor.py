"""Children live as long as they are wanted, and never longer than their supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from router.processes.child import GRACE_S
from router.processes.supervisor import NotReady, Role, Supervisor
from router.store.embedded import EmbeddedValkey

SECRETS = {"SANDBOX_TOKEN": "a-token", "SANDBOX_CLIENT_SECRET": "a-secret"}
CHILD = Role("portal", "router.sandbox", ("--port", "0"), SECRETS)


def await_true(holds: Callable[[], bool], *, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):  # it may end between the two
        return False


def server_pid(valkey: EmbeddedValkey) -> int:
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        return int(client.info("server")["process_id"])


@pytest.fixture
def heard() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def supervisor(heard: list[tuple[str, str]], tmp_path: Path) -> Iterator[Supervisor]:
    valkey = EmbeddedValkey(tmp_path / "valkey")
    with Supervisor(
        environ=dict(os.environ), hear=lambda *line: heard.append(line), valkey=valkey
    ) as supervisor:
        yield supervisor


def test_a_child_says_where_it_listens_and_is_heard_under_its_name(
    supervisor: Supervisor, heard: list[tuple[str, str]]
) -> None:
    supervisor.start(CHILD)

    supervisor.wait_until_ready()

    assert supervisor.address("portal").startswith("http://127.0.0.1:")
    assert heard[0][0] == "portal"
    assert "listening on" in heard[0][1]


def test_a_killed_child_is_started_again(supervisor: Supervisor, heard: list[tuple[str, str]]) -> None:
    supervisor.start(CHILD)
    supervisor.wait_until_ready()
    first = supervisor.pid("portal")

    os.kill(first, signal.SIGKILL)
    await_true(lambda: len(heard) >= 2)
    supervisor.wait_until_ready()

    assert supervisor.pid("portal") != first
    assert ("portal", "ended with exit code -9; starts again in 0.2 s") in heard


def test_stopping_ends_the_children_and_then_the_server(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(CHILD)
    supervisor.wait_until_ready()
    pids = [supervisor.pid("portal"), server_pid(EmbeddedValkey(tmp_path / "valkey"))]

    supervisor.stop()

    assert not any(is_alive(pid) for pid in pids)


def test_a_killed_server_comes_back_with_everything(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start()
    valkey = EmbeddedValkey(tmp_path / "valkey")
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        client.set("lead", "501")
        client.execute_command("WAITAOF", 1, 0, 5_000)
        killed = server_pid(valkey)

        os.kill(killed, signal.SIGKILL)

        await_true(lambda: valkey.socket.exists() and _answers(valkey, killed))
        assert client.get("lead") == "501"


def test_a_child_that_cannot_start_is_told_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(Role("portal", "router.sandbox", ("--port", "0")))

    with pytest.raises(NotReady, match=r"portal did not start[^$]*set both"):
        supervisor.wait_until_ready()


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path\n"
        "from router.processes.supervisor import *; from router.store.embedded import EmbeddedValkey\n"
        "here = Path(sys.argv[1]); environ = dict(os.environ)\n"
        "valkey = EmbeddedValkey(here / 'valkey')\n"
        "keeper = Supervisor(environ=environ, hear=print, valkey=valkey, remove=here)\n"
        "keeper.start(Role('portal', 'router.sandbox', ('--port', '0'))); keeper.wait_until_ready()\n"
        "print('pid', keeper.pid('portal'), flush=True); time.sleep(60)\n"
    )
    here = tmp_path / "installation"
    here.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(here)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **SECRETS},
    )
    assert parent.stdout is not None
    child = next(int(line.split()[1]) for line in parent.stdout if line.startswith("pid "))
    server = server_pid(EmbeddedValkey(here / "valkey"))

    parent.kill()
    parent.wait()

    await_true(lambda: not is_alive(child))
    await_true(lambda: not is_alive(server) and not here.exists(), within_s=GRACE_S + 10)
    parent.stdout.close()


def _answers(valkey: EmbeddedValkey, killed: int) -> bool:
    try:
        return server_pid(valkey) != killed
    except redis.RedisError:
        return False
