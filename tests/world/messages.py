"""Where messages to reps arrive: a chat, the portal's tasks, and a mail server."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import responses

from router.routing.portal.services import Services

CHAT = "https://1.1.1.1/hook"


@contextmanager
def a_chat_that_answers(status: int) -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_passthru("http://127.0.0.1")  # the sandbox portal
        mock.post(CHAT, status=status)
        yield mock


def sent_to(posts: responses.RequestsMock) -> list[dict[str, Any]]:
    return [orjson.loads(call.request.body) for call in posts.calls]


def tasks_of(services: Services) -> list[dict[str, str]]:
    """The portal's tasks, as its API lists them."""
    api = services.hubspot._apis.objects
    names = ["hs_task_subject", "hs_task_body", "hubspot_owner_id", "hs_timestamp"]
    answer = api.get_page(object_type="tasks", properties=[",".join(names)], _preload_content=False)
    return [one["properties"] for one in orjson.loads(answer.body)["results"]]


class MailServer(socketserver.ThreadingTCPServer):
    """The smallest mail server: no TLS, and an answer for each command."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.letters: list[bytes] = []
        self.answers: dict[str, str] = {}


class MailSession(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            verb = line.split()[0].decode().upper()
            if verb == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(b"".join(lines))
            self._say(self.server.answers.get(verb, "221 bye" if verb == "QUIT" else "250 fine"))

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def a_dripping_server(first: bytes = b"", *, drop: bytes = b"x", every_s: float = 0.02) -> Iterator[int]:
    """The port of a server that sends `first`, then a byte now and then, and never an end; it never reads."""
    ends = threading.Event()

    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                self.request.sendall(first)
                while not ends.wait(every_s):
                    self.request.sendall(drop)
            except OSError:
                pass  # the client has hung up

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Dripping) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield int(running.server_address[1])
        finally:
            ends.set()
            running.shutdown()


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    with MailServer() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()
