"""Everything that one portal keeps in Redis, one repository per subject."""

from __future__ import annotations

import redis
from msgspec import Struct

from router.store.claims.claims import ClaimStore
from router.store.claims.revoked_links import RevokedLinks
from router.store.drains.decision_lock import DecisionLock
from router.store.drains.drains import Drains
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.leads.commits import Commits
from router.store.leads.company_memory import Companies
from router.store.leads.credits import Credits
from router.store.leads.leads import Leads
from router.store.leads.open_counts import OpenCounts
from router.store.leads.open_leads import OpenLeads
from router.store.leads.queues import Queues
from router.store.repair.erasures import Erasures
from router.store.repair.old_book import OldBook
from router.store.repair.reconciled import Reconciled
from router.store.repair.redrive import Redrive
from router.store.repair.restoration import Restoration
from router.store.sends.sends import Sends
from router.store.settling.revision_brake import RevisionBrake
from router.store.settling.settling_leads import SettlingLeads
from router.store.shared.availability import AvailabilityRepository
from router.store.shared.outbox import Outbox
from router.store.shared.recent_writes import RecentWrites
from router.store.shared.rule_verdicts import RuleVerdicts
from router.store.shared.rules import RulesRepository
from router.store.waiting.groups import WaitingGroups
from router.store.worklists.due_list import DueList
from router.store.worklists.night_plan import NightPlan
from router.store.worklists.nights import Nights
from router.store.worklists.notices import Notices
from router.store.worklists.watched import WatchedLeads


class Store(Struct, frozen=True):
    """The repositories of one portal. Safe to share between threads."""

    keys: Keys
    inbox: Inbox
    drains: Drains
    decision_lock: DecisionLock
    leads: Leads
    sends: Sends
    commits: Commits
    queues: Queues
    waiting: WaitingGroups
    settling: SettlingLeads
    claims: ClaimStore
    revoked_links: RevokedLinks
    credits: Credits
    open_leads: OpenLeads
    open_counts: OpenCounts
    companies: Companies
    outbox: Outbox
    notices: Notices
    watched: WatchedLeads
    changed: DueList
    """Leads that people worked on in HubSpot; the receiver adds each of them once (see append.lua)."""
    revise: DueList
    """Leads whose facts may have changed since they were decided; the receiver adds them (see append.lua)."""
    revision_brake: RevisionBrake
    verify: DueList
    """Leads whose owner in HubSpot has to be verified, or that HubSpot did not find."""
    merged: DueList
    """Leads whose contact was merged into another one, by the id that they had (see note_merged.lua)."""
    nights: Nights
    night_plan: NightPlan
    erasures: Erasures
    reconciled: Reconciled
    redrive: Redrive
    recent_writes: RecentWrites
    restoration: Restoration
    old_book: OldBook
    published_rules: RulesRepository
    rule_verdicts: RuleVerdicts
    availability: AvailabilityRepository


def open_store(client: redis.Redis, portal: str) -> Store:
    """The store of a portal; `client` must decode responses. No call to Redis is made yet."""
    keys = Keys(portal)
    return Store(
        keys=keys,
        inbox=Inbox(client, keys),
        drains=Drains(client, keys),
        decision_lock=DecisionLock(client, keys),
        leads=Leads(client, keys),
        sends=Sends(client, keys),
        commits=Commits(client, keys),
        queues=Queues(client, keys),
        waiting=WaitingGroups(client, keys),
        settling=SettlingLeads(client, keys),
        claims=ClaimStore(client, keys),
        revoked_links=RevokedLinks(client, keys),
        credits=Credits(client, keys),
        open_leads=OpenLeads(client, keys),
        open_counts=OpenCounts(client, keys),
        companies=Companies(client, keys),
        outbox=Outbox(client, keys),
        notices=Notices(client, keys),
        watched=WatchedLeads(client, keys),
        changed=DueList(client, keys.changed),
        revise=DueList(client, keys.revise),
        revision_brake=RevisionBrake(client, keys),
        verify=DueList(client, keys.verify),
        merged=DueList(client, keys.merged),
        nights=Nights(client, keys),
        night_plan=NightPlan(client, keys),
        erasures=Erasures(client, keys),
        reconciled=Reconciled(client, keys),
        redrive=Redrive(client, keys),
        recent_writes=RecentWrites(client, keys),
        restoration=Restoration(client, keys),
        old_book=OldBook(client, keys),
        published_rules=RulesRepository(client, keys),
        rule_verdicts=RuleVerdicts(client, keys),
        availability=AvailabilityRepository(client, keys),
    )
