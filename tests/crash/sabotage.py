"""`python -m tests.crash.sabotage web|worker|housekeeping|cron`: a process of the product, to be hurt.

LEAD_ROUTER_ORDERS names the folder of the orders to die or to stand still at a call (see calls.py).
LEAD_ROUTER_WITHOUT: `first_wins` (commits look at nothing), `verify` (histories are never read),
`reclaim` (abandoned claims stay abandoned). LEAD_ROUTER_DEADLINES shortens every wait, to save time.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from router import wakeups
from router.deadlines import SCALE
from router.hubspot.api import replies
from router.routing.verification.verify import Verified
from router.store import scripts
from router.store.budget import budget
from router.store.inbox import inbox
from router.store.leads import commits
from tests.crash.calls import Orders, instrumented

VERSION_GUARD = "if version ~= tonumber(ARGV[1]) then return { 0, version } end"
EPISODE_GUARD = "if latest >= lead.episode or"


def take_out_first_wins() -> None:
    """Commits no longer look at the version, nor at what was decided already."""

    def unguarded(client: Any, name: str) -> Any:
        text = scripts.text_of(name)
        if name == "leads/commit":
            assert VERSION_GUARD in text, "the guard has moved: mend this control"
            assert EPISODE_GUARD in text, "the guard has moved: mend this control"
            text = text.replace(VERSION_GUARD, "").replace(EPISODE_GUARD, "if")
        return client.register_script(text)

    commits.script = unguarded  # type: ignore[attr-defined] # the control replaces what the module imported


def take_out_verify() -> None:
    """Owner histories are never read."""
    from workers import jobs

    jobs.verify_owners = lambda _services: Verified(0, 0)  # type: ignore[attr-defined,assignment]


def take_out_reclaim() -> None:
    """Claims that nobody renewed are never taken over."""
    take = inbox.Inbox.take

    def take_new_only(self: inbox.Inbox, consumer: str, **how: Any) -> Any:
        return take(self, consumer, **(how | {"reclaim": False}))

    inbox.Inbox.take = take_new_only  # type: ignore[method-assign]


def shrink_the_rest() -> None:
    """Waits that have no place in `router/deadlines.py`, by the same scale."""
    budget.CIRCUIT_OPEN *= SCALE  # type: ignore[misc]
    replies.LOCK_PAUSE *= SCALE  # type: ignore[misc]
    wakeups.ASKED_FOR_S = max(1, round(wakeups.ASKED_FOR_S * SCALE))  # type: ignore[misc]


def main(role: str) -> int:
    """Run the role with what the environment asks for."""
    without = os.environ.get("LEAD_ROUTER_WITHOUT")
    if without:
        {"first_wins": take_out_first_wins, "verify": take_out_verify, "reclaim": take_out_reclaim}[without]()
    shrink_the_rest()
    orders = os.environ.get("LEAD_ROUTER_ORDERS")
    with instrumented(Orders(Path(orders) / role).obey) if orders else nullcontext():
        if role == "web":
            from router.web.__main__ import main as serve

            return serve()
        from workers import schedule
        from workers.__main__ import main as work

        schedule.WATCH_EVERY *= SCALE  # type: ignore[misc]
        return work([role])


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stderr.flush()
    os._exit(code)
