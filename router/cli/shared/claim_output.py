"""The output of a claim or a release, and the wake-up of a worker."""

from __future__ import annotations

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import print_json
from router.cli.shared.output import say
from router.routing.queues.claims import ClaimResult
from router.store.clients import queue_client, redis_url, text_client
from router.store.drains.drains import Drains
from router.store.keys import Keys
from router.wakeups import WakeUps


def print_claim_result(answer: ClaimResult, *, contact: str, as_json: bool) -> None:
    """Print the answer; a yes wakes a worker, a no is exit code 1."""
    if answer.is_yes:
        wake()
    if as_json:
        facts = {"contact_id": contact, "answer": answer.kind, "sentence": answer.sentence}
        print_json({**facts, "owner_id": answer.owner_id or None, "decision_id": answer.decision_id or None})
        raise SystemExit(0 if answer.is_yes else 1)
    if not answer.is_yes:
        raise UserError(answer.sentence)
    say(answer.sentence)


def wake() -> None:
    """Wake a worker to drain the inbox, unless one does."""
    settings = settings_here()
    url, portal = redis_url(settings), settings.hubspot_portal_id
    if Drains(text_client(url), Keys(portal)).should_wake():
        WakeUps(queue_client(url), portal).drain()
