"""From settings to objects: the only place where the product is put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import redis
import structlog

from router.clock import Clock, real_clock
from router.hubspot.api.gateway import Gateway
from router.ledger import open_ledger
from router.notify import Address, Chat, Mail
from router.routing.portal.availability import Availability
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import Owners
from router.routing.portal.services import Desk
from router.settings import Settings
from router.store.budget.budget import CallBudget
from router.store.claims.claims import ByHand
from router.store.clients import queue_client, redis_url, text_client
from router.store.drains.decision_lock import Turn
from router.store.drains.drains import Drains
from router.store.health.counts import Counts
from router.store.health.progress import ProgressBoard
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
from router.store.shared.availability import AvailabilityShelf
from router.store.shared.outbox import Outbox
from router.store.shared.rules import RulesShelf
from router.store.worklists.changed import Changed
from router.store.worklists.night_plan import NightPlan
from router.store.worklists.nights import Nights
from router.store.worklists.notices import Notices
from router.store.worklists.watched import WatchedLeads
from router.wakeups import WakeUps


@dataclass(frozen=True, slots=True)
class Office:
    """Everything one process of the product works with."""

    desk: Desk
    drains: Drains
    wake_ups: WakeUps
    progress: ProgressBoard
    nights: Nights
    queue_client: redis.Redis
    """For RQ, which wants bytes."""
    look_back: timedelta = timedelta(days=3)
    """How far back the nights look for what was missed."""


def open_desk(settings: Settings, client: redis.Redis, *, clock: Clock = real_clock) -> Desk:
    """The routing desk of the settings' portal."""
    portal = settings.hubspot_portal_id
    keys = Keys(portal)
    log = structlog.stdlib.get_logger().bind(portal=portal)
    budget = CallBudget(
        client,
        keys,
        calls_per_10s=settings.hubspot_calls_per_10s,
        searches_per_s=settings.hubspot_searches_per_s,
        calls_per_day=settings.hubspot_calls_per_day,
    )
    counts = Counts(client, keys, log=log)
    gateway = Gateway(
        access_token=settings.hubspot_access_token.get_secret_value(),
        base_url=settings.hubspot_base_url,
        api_version=settings.hubspot_api_version,
        budget=budget,
        on_call=lambda call: counts.hubspot_call(
            records=call.records, status=call.status, took_s=call.took_s
        ),
    )
    ledger = open_ledger(settings.ledger_url.get_secret_value(), portal)
    return Desk(
        portal=portal,
        keys=keys,
        gateway=gateway,
        budget=budget,
        inbox=Inbox(client, keys),
        leads=Leads(client, keys),
        commits=Commits(client, keys),
        turn=Turn(client, keys),
        companies=Companies(client, keys),
        by_hand=ByHand(client, keys),
        credits=Credits(client, keys),
        queues=Queues(client, keys),
        watched=WatchedLeads(client, keys),
        changed=Changed(client, keys),
        open_leads=OpenLeads(client, keys),
        outbox=Outbox(client, keys),
        erasures=Erasures(client, keys),
        notices=Notices(client, keys),
        night_plan=NightPlan(client, keys),
        reconciled=Reconciled(client, keys),
        restoration=Restoration(client, keys),
        chat=open_chat(settings),
        mail=open_mail(settings),
        ledger=ledger,
        rules=LiveRules(settings.config_dir, RulesShelf(client, keys), ledger, clock=clock, log=log),
        owners=Owners(client, keys, gateway, clock=clock),
        availability=Availability(AvailabilityShelf(client, keys)),
        clock=clock,
        log=log,
    )


def open_chat(settings: Settings) -> Chat:
    """The chat webhooks of the settings; none is asked anything yet."""
    addresses = {
        name: Address(name, webhook.kind, webhook.url.get_secret_value())
        for name, webhook in (settings.notify_webhooks or {}).items()
    }
    return Chat(addresses, allow_private=settings.notify_allow_private)


def open_mail(settings: Settings) -> Mail | None:
    """Who is mailed the report of a night, or None; nobody is asked anything yet."""
    if settings.smtp_url is None or not settings.night_mail_to:
        return None
    sender = (settings.night_mail_from or settings.night_mail_to)[0]
    return Mail(settings.smtp_url.get_secret_value(), sender, settings.night_mail_to)


def open_office(settings: Settings, *, role: str) -> Office:
    """Everything that a `worker`, `night` or `cron` process works with."""
    url = redis_url(settings)
    client, for_queue = text_client(url), queue_client(url)
    desk = open_desk(settings, client)
    return Office(
        desk=desk,
        drains=Drains(client, desk.keys),
        wake_ups=WakeUps(for_queue, desk.portal),
        progress=ProgressBoard(client, desk.keys, role=role),
        nights=Nights(client, desk.keys),
        queue_client=for_queue,
        look_back=timedelta(days=settings.reconcile_days),
    )
