"""The services of one portal, which every use case works with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from msgspec import Struct

from router.hubspot.api.gateway import Gateway
from router.ledger import Ledger
from router.notify import Channels
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.people import People
from router.store.store import Store
from router.timestamps import epoch_ms


class Services(Struct, frozen=True):
    """HubSpot, store, ledger, rules, people, notices, clock and log of one portal.

    Safe to share between threads; `clock` gives aware UTC. A use case with four or fewer collaborators takes
    them by keyword instead.
    """

    portal: str
    hubspot: Gateway
    store: Store
    ledger: Ledger
    rules: LiveRules
    people: People
    notify: Channels
    clock: Callable[[], datetime]
    log: structlog.stdlib.BoundLogger

    def now_ms(self) -> int:
        """The clock in epoch milliseconds."""
        return epoch_ms(self.clock())
