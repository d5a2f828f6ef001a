"""What every use case works with: HubSpot, the store, the rules and the clock of one portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from router.hubspot.gateway import Gateway
from router.ledger import Ledger
from router.notify import Chat, Mail
from router.routing.availability import Availability
from router.routing.live_rules import LiveRules
from router.routing.owners import Owners
from router.store.budget import CallBudget
from router.store.by_hand import ByHand
from router.store.changed import Changed
from router.store.commits import Commits
from router.store.companies import Companies
from router.store.credits import Credits
from router.store.erasures import Erasures
from router.store.inbox import Inbox
from router.store.keys import Keys
from router.store.leads import Leads
from router.store.night_plan import NightPlan
from router.store.notices import Notices
from router.store.open_leads import OpenLeads
from router.store.outbox import Outbox
from router.store.queues import Queues
from router.store.reconciled import Reconciled
from router.store.restoration import Restoration
from router.store.turn import Turn
from router.store.watched import WatchedLeads


@dataclass(frozen=True, slots=True)
class Desk:
    """One portal's routing desk. Safe to share between threads; `clock` gives aware UTC."""

    portal: str
    keys: Keys
    gateway: Gateway
    budget: CallBudget
    inbox: Inbox
    leads: Leads
    commits: Commits
    turn: Turn
    companies: Companies
    by_hand: ByHand
    credits: Credits
    queues: Queues
    watched: WatchedLeads
    changed: Changed
    open_leads: OpenLeads
    outbox: Outbox
    erasures: Erasures
    notices: Notices
    night_plan: NightPlan
    reconciled: Reconciled
    restoration: Restoration
    chat: Chat
    mail: Mail | None
    ledger: Ledger
    rules: LiveRules
    owners: Owners
    availability: Availability
    clock: Callable[[], datetime]
    log: structlog.stdlib.BoundLogger

    def now_ms(self) -> int:
        """The clock in epoch milliseconds."""
        return int(self.clock().timestamp() * 1000)
