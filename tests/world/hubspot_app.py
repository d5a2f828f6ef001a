"""A private app as HubSpot knows it: a token, plain HTTP calls, and an endpoint that takes webhooks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import orjson
import requests

CAMILLE, HUGO, LEA, CLAIRE, PAUL = "71480101", "71480102", "71480103", "71480109", "71480110"


class App:
    """Calls the portal's API. Answers are `requests.Response`; nothing is retried."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: Any, *, timeout_s: float = 10) -> requests.Response:
        return self.session.post(self.base_url + path, json=body, timeout=timeout_s)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(self.base_url + path, params=query, timeout=10)

    def patch(self, path: str, body: Any) -> requests.Response:
        return self.session.patch(self.base_url + path, json=body, timeout=10)

    def delete(self, path: str) -> requests.Response:
        return self.session.delete(self.base_url + path, timeout=10)

    def read(self, *ids: str, base: str = "/crm/v3/objects/contacts", **body: Any) -> requests.Response:
        """POST batch/read of these contacts."""
        required = {"properties": [], "propertiesWithHistory": []}
        return self.post(f"{base}/batch/read", {"inputs": [{"id": one} for one in ids], **required, **body})

    def update(
        self, changes: dict[str, dict[str, Any]], *, base: str = "/crm/v3/objects/contacts"
    ) -> requests.Response:
        """POST batch/update: the properties to set, by contact."""
        inputs = [{"id": one, "properties": properties} for one, properties in changes.items()]
        return self.post(f"{base}/batch/update", {"inputs": inputs})

    def search(self, *filters: dict[str, Any], **body: Any) -> requests.Response:
        """POST search of contacts with one group of filters."""
        groups = [{"filters": list(filters)}] if filters else []
        return self.post("/crm/v3/objects/contacts/search", {"filterGroups": groups, **body})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST: its headers, its raw body, and when it came (epoch ms)."""

    headers: dict[str, str]
    body: bytes
    at_ms: float

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(orjson.loads(self.body))


class Endpoint:
    """An HTTP server on a free port. `answer` is called with the number of the delivery, from 1."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answer: Callable[[int], int] = lambda _: 200
        self._arrived = threading.Condition()
        endpoint = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(endpoint._took(dict(self.headers), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/hubspot"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that arrived, in order of arrival."""
        return [event for delivery in list(self.deliveries) for event in delivery.events]

    def wait_until(self, true: Callable[[Self], bool], *, within_s: float = 10) -> None:
        """Wait for a condition on what arrived; fails after the deadline."""
        deadline = time.monotonic() + within_s
        with self._arrived:
            while not true(self):
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"not within {within_s} s; {len(self.events)} events arrived"
                self._arrived.wait(left_s)

    def _took(self, headers: dict[str, str], body: bytes) -> int:
        with self._arrived:
            self.deliveries.append(Delivery(headers, body, time.time() * 1000))
            status = self.answer(len(self.deliveries))
            self._arrived.notify_all()
        return status
