"""What one client may take: idle sockets, slow requests and requests sent ahead, on real sockets."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from waitress import wasyncore
from waitress.adjustments import Adjustments

from router.clock import real_clock
from router.web.http.connections import MOST_UNANSWERED, Limits, Server, client_of
from tests.world.deliveries import created, signed
from tests.world.receivers import DOOR, Receiver, a_receiver, until

STRANGER, HUBSPOT = "127.0.0.2", "127.0.0.3"
HEAD = f"POST {DOOR} HTTP/1.1\r\nHost: x\r\n".encode()
ASKS = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have one address 127.0.0.1 only")


def delivers(receiver: Receiver, line: socket.socket) -> bool:
    """Whether a good delivery on this connection is answered 200 within ten seconds."""
    body = created(501)
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(body, now=real_clock()).items())
    line.sendall(HEAD + f"Content-Length: {len(body)}\r\n{head}\r\n".encode() + body)
    answer = b""
    while not answer.endswith(b"}") and (part := line.recv(4096)):
        answer += part
    return answer.startswith(b"HTTP/1.1 200 ")


def is_open(line: socket.socket) -> bool:
    """Whether the server has not hung up on a connection that has nothing to read."""
    line.setblocking(False)
    try:
        return line.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def hung_up(line: socket.socket, *, drip: bytes = b"") -> bool:
    """Whether the server hangs up within ten seconds while `drip` is sent every tenth of a second."""
    line.settimeout(0.1)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if drip:
                line.sendall(drip)
            if not line.recv(4096):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@linux
def test_five_hundred_idle_sockets_of_one_client_shut_nobody_out(redis_url: str) -> None:
    with a_receiver(redis_url, REQUEST_DEADLINE_S="120") as receiver, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(receiver.connection(source=STRANGER)) for _ in range(500)]

        others = delivers(receiver, stack.enter_context(receiver.connection(source=HUBSPOT)))
        one_more = delivers(receiver, stack.enter_context(receiver.connection(source=STRANGER)))

        until(lambda: sum(map(is_open, idle)) <= 50)
        assert (others, one_more) == (True, True)
        assert [number for number, line in enumerate(idle) if is_open(line)] == [*range(451, 500)]


@linux
def test_the_longest_idle_connection_goes_when_all_places_are_taken(redis_url: str) -> None:
    limits = {"MAX_CONNECTIONS": "20", "REQUEST_DEADLINE_S": "120"}
    with a_receiver(redis_url, **limits) as receiver, contextlib.ExitStack() as stack:
        lines = [stack.enter_context(receiver.connection(source=f"127.0.1.{n}")) for n in range(20)]
        lines[0].sendall(HEAD)  # a request that has begun goes after all idle ones
        assert delivers(receiver, lines[1])  # and what was of use lately after what never was

        new = [stack.enter_context(receiver.connection(source=HUBSPOT)) for _ in range(18)]

        assert delivers(receiver, new[-1])
        until(lambda: sum(map(is_open, lines)) == 2)
        assert is_open(lines[0])
        assert is_open(lines[1])


@linux
def test_idle_connections_leave_files_for_all_else(redis_url: str) -> None:
    # Redis is reached only once the connections are there.
    program = (
        "import sys, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (160, 160));"
        "from router.web.__main__ import main; sys.exit(main())"
    )
    limits = {"REQUEST_DEADLINE_S": "120"}
    with a_receiver(redis_url, "-c", program, **limits) as receiver, contextlib.ExitStack() as stack:
        for number in range(200):
            line = stack.enter_context(receiver.connection(source=f"127.0.1.{number + 1}"))
            line.sendall(HEAD + b"Content-Length: 400000\r\n\r\n" + b"x" * 140_000)

        assert delivers(receiver, stack.enter_context(receiver.connection(source=HUBSPOT)))


@linux
def test_requests_that_never_end_cannot_take_all_places(redis_url: str) -> None:
    limits = {"MAX_CONNECTIONS": "20", "REQUEST_DEADLINE_S": "120"}
    with a_receiver(redis_url, **limits) as receiver, contextlib.ExitStack() as stack:
        for number in range(20):
            line = stack.enter_context(receiver.connection(source=f"127.0.1.{number}"))
            line.sendall(HEAD + b"Content-Length: 4000\r\n\r\nx")

        assert delivers(receiver, stack.enter_context(receiver.connection(source=HUBSPOT)))


def test_behind_a_proxy_one_address_may_have_all_places(redis_url: str) -> None:
    limits = {"MAX_CONNECTIONS_PER_CLIENT": "500", "REQUEST_DEADLINE_S": "120"}
    with a_receiver(redis_url, **limits) as receiver, contextlib.ExitStack() as stack:
        lines = [stack.enter_context(receiver.connection()) for _ in range(300)]

        assert all(delivers(receiver, line) for line in (lines[0], lines[150], lines[299]))
        assert all(map(is_open, lines))


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"POST ", b"x"),
        (HEAD + b"X-Slow: ", b"x"),
        (HEAD + b"Content-Length: 400000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (HEAD + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n", b""),
        (ASKS + b"GET ", b"x"),
    ],
)
def test_a_request_has_to_be_complete_by_its_deadline(redis_url: str, first: bytes, drip: bytes) -> None:
    with a_receiver(redis_url, REQUEST_DEADLINE_S="1") as receiver, receiver.connection() as slow:
        began = time.monotonic()
        slow.sendall(first)

        assert hung_up(slow, drip=drip)
        assert time.monotonic() - began > 0.9  # and not at once


def test_a_connection_that_has_asked_may_rest_longer_than_a_request(redis_url: str) -> None:
    with a_receiver(redis_url, REQUEST_DEADLINE_S="1") as receiver, receiver.connection() as kept:
        assert delivers(receiver, kept)
        with receiver.connection() as silent:
            assert hung_up(silent)

        assert delivers(receiver, kept)


def test_requests_sent_ahead_are_answered_in_turn_and_hold_nobody_up(redis_url: str) -> None:
    with a_receiver(redis_url, REQUEST_DEADLINE_S="120") as receiver, contextlib.ExitStack() as stack:
        floods = [stack.enter_context(receiver.connection()) for _ in range(6)]
        before = resident_kb(receiver)
        for line in floods:
            line.sendall(ASKS * 1700)

        statuses = [receiver.post(created(501), timeout_s=5)[0] for _ in range(20)]  # HubSpot waits 5 s
        answers = b""
        while answers.count(b"HTTP/1.1 404 ") < 1700:
            answers += floods[0].recv(1 << 20)

        assert statuses == [200] * 20
        assert resident_kb(receiver) - before < 15_000


def test_four_requests_of_a_connection_are_read_ahead_of_their_answers() -> None:
    answer = threading.Event()

    def application(_environ: object, start: Callable[..., object]) -> list[bytes]:
        answer.wait(10)
        start("404 NOT FOUND", [("Content-Length", "0")])
        return []

    options = Adjustments(host="127.0.0.1", port=0, threads=1, asyncore_use_poll=True)
    server = Server(application, options, Limits(), closed=str)

    def turn() -> None:
        wasyncore.loop(timeout=0.02, use_poll=True, map=server._map, count=1)

    with socket.create_connection(("127.0.0.1", server.effective_port), timeout=10) as line:
        line.sendall(ASKS * 1700)
        for _ in range(20):
            turn()
        (channel,) = server.active_channels.values()
        read = len(channel.requests)
        answer.set()
        line.setblocking(False)
        answers = b""
        deadline = time.monotonic() + 30
        while answers.count(b"HTTP/1.1 404 ") < 1700 and time.monotonic() < deadline:
            turn()
            with contextlib.suppress(BlockingIOError):
                answers += line.recv(1 << 20)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(server._map)

    assert read == MOST_UNANSWERED
    assert answers.count(b"HTTP/1.1 404 ") == 1700


def test_bytes_ahead_in_any_pieces_become_the_same_requests(redis_url: str) -> None:
    both = HEAD + b"Content-Length: 3\r\n\r\nabc" + ASKS
    with a_receiver(redis_url) as receiver:
        for cut in range(1, len(both), 7):
            with receiver.connection() as line:
                line.settimeout(5)
                line.sendall(both * 9 + both[:cut])
                line.sendall(both[cut:])
                answered = b""
                while answered.count(b"HTTP/1.1 404 ") < 10:
                    answered += line.recv(65_536)
                assert answered.count(b"HTTP/1.1 415 ") == 10


def test_a_head_of_white_space_costs_nothing(redis_url: str) -> None:
    # Waitress's own expression for a header takes 20 s for this one; the good delivery would get no answer.
    with a_receiver(redis_url) as receiver, receiver.connection() as greedy:
        greedy.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX:" + b" " * 30_000 + b"\x00\r\n\r\n")

        assert receiver.post(created(501), timeout_s=5)[0] == 200
        assert greedy.recv(100).split()[1] == b"400"


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("localhost", "localhost"),
    ],
)
def test_an_ipv6_client_is_its_network(address: str, client: str) -> None:
    assert client_of(address) == client


def resident_kb(receiver: Receiver) -> int:
    status = Path(f"/proc/{receiver.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])
