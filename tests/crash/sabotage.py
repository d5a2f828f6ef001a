"""`python -m workers …` with a guard taken out: the negative controls of the crash tests.

LEAD_ROUTER_WITHOUT: `first_wins` (commits look at nothing), `verify` (histories are never read),
`reclaim` (abandoned claims stay abandoned). LEAD_ROUTER_LEASE_S shortens the lease, to save time.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any

from router.routing.verification.verify import Verified
from router.store import scripts
from router.store.inbox import inbox
from router.store.leads import commits
from workers import __main__ as workers
from workers import jobs

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
    jobs.verify_owners = lambda _services: Verified(0, 0)  # type: ignore[attr-defined,assignment]


def take_out_reclaim() -> None:
    """Claims that nobody renewed are never taken over."""
    take = inbox.Inbox.take

    def take_new_only(self: inbox.Inbox, consumer: str, **how: Any) -> Any:
        return take(self, consumer, **(how | {"reclaim": False}))

    inbox.Inbox.take = take_new_only  # type: ignore[method-assign]


if __name__ == "__main__":
    lease_s = os.environ.get("LEAD_ROUTER_LEASE_S")
    if lease_s:
        defaults = inbox.Inbox.__init__.__kwdefaults__
        defaults["lease"] = timedelta(seconds=float(lease_s))
    without = os.environ.get("LEAD_ROUTER_WITHOUT")
    if without:
        {"first_wins": take_out_first_wins, "verify": take_out_verify, "reclaim": take_out_reclaim}[without]()
    code = workers.main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)
