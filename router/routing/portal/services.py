"""What every use case works with: HubSpot, the store, the rules and the clock of one portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from router.hubspot.api.gateway import Gateway
from router.ledger import Ledger
from router.notify import Chat, Mail
from router.routing.portal.availability import Availability
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import Owners
from router.store.budget.budget import CallBudget
from router.store.claims.claims import ByHand
from router.store.drains.decision_lock import DecisionLock
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.leads.commits import Commits
from router.store.leads.company_memory import Companies
from router.store.leads.credits import Credits
from router.store.leads.leads import Leads
from router.store.leads.open_leads import OpenLeads
from router.store.leads.queues import Queues
from router.store.repair.erasures import Erasures
from router.store.repair.reconciled import Reconciled
from router.store.repair.restoration import Restoration
from router.store.shared.outbox import Outbox
from router.store.worklists.changed import Changed
from router.store.worklists.night_plan import NightPlan
from router.store.worklists.notices import Notices
from router.store.worklists.watched import WatchedLeads


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
    decision_lock: DecisionLock
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
