"""The real process on real sockets: slow clients, a slow Redis, SIGTERM, SIGKILL."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from router.clock import real_clock
from router.store.embedded import EmbeddedValkey
from router.store.keys import Keys
from tests.world.deliveries import created, signed
from tests.world.receivers import DOOR, MODULE, Receiver, a_receiver, until

MOST_DELAY_S = 0.25
HUBSPOT_STILL_LISTENS_S = 4.0
NEXT_SWEEP_S = 1.8
"""Whoever waits longer was seen only because the loop looks around every two seconds."""


@pytest.fixture
def receiver(redis_client: redis.Redis, redis_url: str) -> Iterator[Receiver]:
    with a_receiver(redis_url, MAX_CONNECTIONS_PER_CLIENT="500") as running:  # many clients at one address
        yield running


# ---- slow clients --------------------------------------------------------------------------------


def test_sixteen_bodies_at_one_byte_per_second_do_not_delay_a_good_delivery(receiver: Receiver) -> None:
    body = created(501)
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400000\r\n\r\n"
    _delays_nobody(receiver, first=head % DOOR.encode() + body[:1], drip=b"x", clients=16)


def test_slow_chunked_bodies_do_not_delay_a_good_delivery(receiver: Receiver) -> None:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    _delays_nobody(receiver, first=head % DOOR.encode(), drip=b"1\r\nx\r\n", clients=16)


def test_slow_headers_do_not_delay_a_good_delivery(receiver: Receiver) -> None:
    _delays_nobody(receiver, first=b"POST %b HTTP/1.1\r\nX-A: " % DOOR.encode(), drip=b"x", clients=64)


def test_idle_connections_do_not_delay_a_good_delivery(receiver: Receiver) -> None:
    _delays_nobody(receiver, first=b"", drip=b"", clients=200)


def test_a_request_that_never_ends_is_hung_up_on(redis_url: str) -> None:
    with a_receiver(redis_url, REQUEST_DEADLINE_S="1") as receiver, receiver.connection() as slow:
        began = time.monotonic()
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n")

        hung_up = _drips_until_hung_up(slow, deadline=began + 10)

        assert hung_up
        assert time.monotonic() - began > 1


def test_a_body_beyond_all_measure_is_refused_before_it_is_sent(receiver: Receiver) -> None:
    with receiver.connection() as greedy:
        greedy.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")

        assert greedy.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_delivery_is_accepted(receiver: Receiver, redis_client: redis.Redis, keys: Keys) -> None:
    body = created(501)
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(body, now=real_clock()).items())
    with receiver.connection() as line:
        line.sendall(f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{head}\r\n".encode())
        line.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))

        assert line.recv(100).startswith(b"HTTP/1.1 200 ")
    assert redis_client.xlen(keys.inbox) == 1


def test_deliveries_sent_ahead_of_their_answers_are_all_answered_at_once(receiver: Receiver) -> None:
    body = created(*range(1, 101))  # more than is read at a time
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(body, now=real_clock()).items())
    request = f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body
    with receiver.connection() as line:
        line.settimeout(NEXT_SWEEP_S)
        answered = b""
        line.sendall(request * 12)

        while answered.count(b"HTTP/1.1 200 ") < 12 or not answered.endswith(b"}"):
            answered += line.recv(65_536)


def test_no_delivery_waits_for_the_next_look_of_the_loop(receiver: Receiver) -> None:
    took_s: list[float] = []

    def deliver() -> None:
        body = created(501)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)) as line:
            for _ in range(150):
                began = time.perf_counter()
                line.request("POST", DOOR, body=body, headers=signed(body, now=real_clock()))
                assert line.getresponse().read() == b'{"received":true}'
                took_s.append(time.perf_counter() - began)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(took_s) == 900
    assert max(took_s) < NEXT_SWEEP_S


@pytest.mark.skipif(sys.platform != "linux", reason="no other system lets a process choose its cores")
def test_all_threads_of_a_receiver_stay_on_one_core(receiver: Receiver) -> None:
    assert receiver.post(created(501))[0] == 200

    cores = [os.sched_getaffinity(int(thread)) for thread in os.listdir(f"/proc/{receiver.process.pid}/task")]  # noqa: PTH208 - a kernel directory

    assert len(cores) > 1
    assert all(core == cores[0] and len(core) == 1 for core in cores)


# ---- a slow or absent Redis ----------------------------------------------------------------------


def test_a_redis_that_hangs_means_503_while_hubspot_still_listens(valkey: EmbeddedValkey, keys: Keys) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    with a_receiver(valkey.url) as receiver:
        receiver.post(created(501))
        server = int(client.info("server")["process_id"])
        os.kill(server, signal.SIGSTOP)
        try:
            answers = _all_at_once(lambda: receiver.post(created(502)), times=10)
        finally:
            os.kill(server, signal.SIGCONT)

        assert [status for status, _, _ in answers] == [503] * 10
        assert max(took_s for _, _, took_s in answers) < HUBSPOT_STILL_LISTENS_S
        assert receiver.post(created(503))[0] == 200


def test_it_starts_while_redis_is_down_and_recovers_by_itself(valkey: EmbeddedValkey, keys: Keys) -> None:
    valkey.stop()
    with a_receiver(valkey.url) as receiver:
        refused = receiver.post(created(501))
        health = receiver.ask("GET", "/health")
        valkey.start()
        accepted = receiver.post(created(501))

        assert (refused[0], health[0], accepted[0]) == (503, 503, 200)


def test_a_restart_of_redis_loses_no_acknowledged_lead(valkey: EmbeddedValkey, keys: Keys) -> None:
    with a_receiver(valkey.url) as receiver:
        assert receiver.post(created(501))[0] == 200
        valkey.kill()
        valkey.start()
        again = receiver.post(created(502))

    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    assert again[0] == 200  # the connection that broke was made anew
    assert [fields["c"] for _, fields in client.xrange(keys.inbox)] == ["501", "502"]


def test_hubspot_has_its_answer_before_a_worker_is_woken(redis_client: redis.Redis, redis_url: str) -> None:
    program = (
        "import time, redis; from router.settings import read_settings;"
        "from router.store.inbox.inbox import Inbox;"
        "from router.store.keys import Keys; from router.store.health.vitals import Vitals;"
        "from router.web.app import create_app; from router.web.serve import serve;"
        "settings = read_settings(); keys = Keys(settings.hubspot_portal_id);"
        "client = redis.Redis.from_url(settings.redis_url.get_secret_value(), decode_responses=True);"
        "app = create_app(settings=settings, inbox=Inbox(client, keys), vitals=Vitals(client, keys),"
        " wake=lambda: (time.sleep(3), client.set('woken', 1)));"
        "serve(app, host='127.0.0.1', port=0)"
    )
    with a_receiver(redis_url, "-c", program) as receiver:
        status, _, took_s = receiver.post(created(501))

        assert status == 200
        assert took_s < 2
        assert redis_client.get("woken") is None
        until(lambda: redis_client.get("woken") == "1")


# ---- the end of the process ----------------------------------------------------------------------


def test_sigterm_lets_a_request_end_and_takes_no_new_one(valkey: EmbeddedValkey, keys: Keys) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    with a_receiver(valkey.url) as receiver:
        receiver.post(created(501))
        client.client_pause(1000)
        answers: list[tuple[int, dict[str, object], float]] = []
        delivery = threading.Thread(target=lambda: answers.append(receiver.post(created(502))))
        delivery.start()
        until(lambda: _connections_to(receiver.port) > 0)

        receiver.process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(receiver))
        delivery.join(timeout=10)

        assert [status for status, _, _ in answers] == [200]
        assert receiver.process.wait(timeout=10) == 0


def test_sigterm_does_not_wait_for_idle_or_endless_clients(receiver: Receiver) -> None:
    with receiver.connection() as idle, receiver.connection() as endless:
        endless.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n")
        receiver.post(created(501))

        receiver.process.send_signal(signal.SIGTERM)

        assert idle.recv(1) == b""
        assert receiver.process.wait(timeout=60) == 0  # the idle one alone would be good for 75 s


def test_a_receiver_that_dies_after_the_append_has_kept_the_lead(
    redis_client: redis.Redis, redis_url: str, keys: Keys
) -> None:
    with a_receiver(redis_url, LEAD_ROUTER_CRASH_AT="after_append@2") as receiver:
        first = receiver.post(created(501))
        with pytest.raises((http.client.HTTPException, OSError)):
            receiver.post(created(502))

        assert first[0] == 200
        assert receiver.process.wait(timeout=10) == -signal.SIGKILL
    assert redis_client.xlen(keys.inbox) == 2


def test_missing_settings_end_the_process_with_what_to_do(tmp_path: object) -> None:
    ended = subprocess.run([sys.executable, *MODULE], env={}, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "HUBSPOT_CLIENT_SECRET is not set" in ended.stderr


# ---- how it is done ------------------------------------------------------------------------------


def _delays_nobody(receiver: Receiver, *, first: bytes, drip: bytes, clients: int) -> None:
    """Good deliveries take at most 250 ms longer while `clients` send `drip` once a second."""
    alone = [receiver.post(created(501))[2] for _ in range(20)]
    done = threading.Event()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(receiver.connection()) for _ in range(clients)]
        for connection in slow:
            connection.sendall(first)

        def send_slowly() -> None:
            while not done.wait(1.0):
                for connection in slow:
                    connection.sendall(drip)

        dripping = threading.Thread(target=send_slowly)
        dripping.start()
        try:
            together = [receiver.post(created(number)) for number in range(1, 41)]
        finally:
            done.set()
            dripping.join()
    assert [status for status, _, _ in together] == [200] * 40
    assert max(took_s for _, _, took_s in together) - statistics.median(alone) < MOST_DELAY_S


def _drips_until_hung_up(slow: socket.socket, *, deadline: float) -> bool:
    slow.settimeout(0.2)
    while time.monotonic() < deadline:
        try:
            slow.sendall(b"x")
            if slow.recv(1) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def _all_at_once(
    deliver: Callable[[], tuple[int, dict[str, object], float]], *, times: int
) -> list[tuple[int, dict[str, object], float]]:
    answers: list[tuple[int, dict[str, object], float]] = []
    threads = [threading.Thread(target=lambda: answers.append(deliver())) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _connections_to(port: int) -> int:
    """Established connections on the receiver's side of `port`, from the kernel's table."""
    with open("/proc/net/tcp", encoding="ascii") as table:  # noqa: PTH123 - a kernel file
        rows = [row.split() for row in table][1:]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def _refuses(receiver: Receiver) -> bool:
    try:
        receiver.connection().close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False
