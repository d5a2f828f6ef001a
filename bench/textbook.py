"""The textbook way, to compare with: one RQ job per contact, one GET and one PATCH each, forking workers.

It is written as RQ's and HubSpot's own introductions show it, and retries what HubSpot's limits refuse.
Nothing in the product uses this file.
"""

from __future__ import annotations

import os
from typing import Any

import hubspot
import redis
import waitress
from flask import Flask, request
from hubspot.crm.contacts import ApiException, SimplePublicObjectInput
from rq import Queue, Retry
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random_exponential

OWNERS = tuple(f"7148010{number}" for number in range(1, 9))
ROUND_ROBIN_KEY = "textbook:next"


def route_contact(contact_id: str) -> None:
    """The job: read the contact, take the next owner in turn, write owner and status."""
    client = hubspot.Client.create(
        access_token=os.environ["HUBSPOT_ACCESS_TOKEN"], host=os.environ["HUBSPOT_BASE_URL"]
    )
    _patiently(client.crm.contacts.basic_api.get_by_id, contact_id, properties=["email", "hubspot_owner_id"])
    turn = redis.Redis.from_url(os.environ["REDIS_URL"]).incr(ROUND_ROBIN_KEY)
    changes = {"hubspot_owner_id": OWNERS[turn % len(OWNERS)], "hs_lead_status": "NEW"}
    _patiently(
        client.crm.contacts.basic_api.update,
        contact_id,
        simple_public_object_input=SimplePublicObjectInput(properties=changes),
    )


def _is_limit(error: BaseException) -> bool:
    return isinstance(error, ApiException) and error.status == 429


@retry(retry=retry_if_exception(_is_limit), wait=wait_random_exponential(0.5, 10), stop=stop_after_delay(170))
def _patiently(call: Any, *arguments: Any, **named: Any) -> None:
    call(*arguments, **named, _request_timeout=15)


def receiver() -> Flask:
    """The textbook receiver: parse the body, enqueue one job per event."""
    app = Flask("textbook")
    queue = Queue("textbook", connection=redis.Redis.from_url(os.environ["REDIS_URL"]))

    @app.post("/webhooks/hubspot")
    def receive() -> str:
        for event in request.get_json():
            contact_id = str(event["objectId"])
            queue.enqueue("bench.textbook.route_contact", contact_id, retry=Retry(max=3), job_timeout=180)
        return ""

    return app


def main() -> None:
    """Serve the receiver on a free port and say which."""
    server = waitress.create_server(receiver(), host="127.0.0.1", port=0, threads=8)
    print(f"listening on http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
