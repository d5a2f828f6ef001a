"""Building the product's objects from the settings; this is the only place that does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import redis
import structlog
from msgspec import Struct, field

from router.clock import Clock, real_clock
from router.hubspot.api.client import CallMade
from router.hubspot.api.gateway import Gateway
from router.hubspot.clock_guard import ClockGuard
from router.ledger import Ledger, ledger_at
from router.ledger.engine import name_of
from router.notify import Address, Channels, Chat, Mail
from router.routing.portal.availability import Availability
from router.routing.portal.judge_apart import judge_apart
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import Owners
from router.routing.portal.people import People
from router.routing.portal.rules_gate import judge
from router.routing.portal.rules_judging import Judging, RulesJudging
from router.routing.portal.services import Services
from router.settings import Settings
from router.store.budget.budget import CallBudget
from router.store.clients import queue_client, redis_url, text_client
from router.store.health.counts import Counts
from router.store.health.progress import ProgressBoard
from router.store.keys import Keys
from router.store.shared.outbox import MOST_WAITING
from router.store.store import Store, open_store
from router.wakeups import WakeUps


class ProcessContext(Struct, frozen=True):
    """The services of one portal and the RQ connection with which a process works."""

    services: Services
    wake_ups: WakeUps
    progress: ProgressBoard
    queue_client: redis.Redis
    """For RQ, which wants bytes."""
    look_back: timedelta = timedelta(days=3)
    """Longest span in which the nightly run looks for missed contacts."""
    clock_guard: ClockGuard = field(default_factory=ClockGuard)
    """Without measurements it lets leads be taken."""
    var_dir: Path | None = None
    """The folder whose disk is watched."""
    ledger_keep: timedelta | None = None
    """Span for which decisions, events and follow-ups are kept; None keeps them for ever."""
    most_waiting: int = MOST_WAITING
    """Entries in the outbox above which no lead is taken."""


def open_services(
    settings: Settings,
    client: redis.Redis,
    *,
    clock: Clock = real_clock,
    clock_guard: ClockGuard | None = None,
    judging: Judging = judge,
) -> Services:
    """The services of the settings' portal; `client` decodes responses, `clock` gives aware UTC.

    Neither HubSpot nor the ledger is asked yet. `clock_guard` sees every call, `judging` judges rule files
    that no process has judged yet.
    """
    portal = settings.hubspot_portal_id
    log = structlog.stdlib.get_logger().bind(portal=portal)
    store = open_store(client, portal)
    hubspot = _open_gateway(settings, client, portal, clock_guard=clock_guard, log=log)
    ledger = _ledger_of(settings, store)
    return Services(
        portal=portal,
        hubspot=hubspot,
        store=store,
        ledger=ledger,
        rules=LiveRules(
            settings.config_dir,
            store.published_rules,
            ledger,
            judging=RulesJudging(store.rule_verdicts, by=judging),
            clock=clock,
            log=log,
        ),
        people=People(
            owners=Owners(client, store.keys, hubspot, clock=clock),
            availability=Availability(store.availability),
        ),
        notify=Channels(chat=open_chat(settings), mail=open_mail(settings)),
        clock=clock,
        log=log,
    )


def _ledger_of(settings: Settings, store: Store) -> Ledger:
    """The ledger, opened at its first use; a SQLite file that was there before is not begun anew."""

    def may_create() -> bool:
        try:
            return not store.outbox.had_ledger(name_of(ledger.database.url))
        except redis.RedisError:
            return False

    ledger = ledger_at(
        settings.ledger_url.get_secret_value(), settings.hubspot_portal_id, may_create=may_create
    )
    return ledger


def _open_gateway(
    settings: Settings,
    client: redis.Redis,
    portal: str,
    *,
    clock_guard: ClockGuard | None,
    log: structlog.stdlib.BoundLogger,
) -> Gateway:
    keys = Keys(portal)
    counts = Counts(client, keys, log=log)

    def on_call(call: CallMade) -> None:
        counts.hubspot_call(records=call.records, status=call.status, took_s=call.took_s)
        if clock_guard is not None:
            clock_guard.note(call)

    return Gateway(
        access_token=settings.hubspot_access_token.get_secret_value(),
        base_url=settings.hubspot_base_url,
        api_version=settings.hubspot_api_version,
        budget=CallBudget(
            client,
            keys,
            calls_per_10s=settings.hubspot_calls_per_10s,
            searches_per_s=settings.hubspot_searches_per_s,
            calls_per_day=settings.hubspot_calls_per_day,
        ),
        on_call=on_call,
    )


def open_chat(settings: Settings) -> Chat:
    """The chat webhooks of the settings; nothing is sent yet."""
    addresses = {
        name: Address(name, webhook.kind, webhook.url.get_secret_value())
        for name, webhook in (settings.notify_webhooks or {}).items()
    }
    return Chat(addresses, allow_private=settings.notify_allow_private)


def open_mail(settings: Settings) -> Mail | None:
    """The mail server for the nightly report, or None if no address is set; nothing is sent yet."""
    if settings.smtp_url is None or not settings.night_mail_to:
        return None
    sender = (settings.night_mail_from or settings.night_mail_to)[0]
    return Mail(settings.smtp_url.get_secret_value(), sender, settings.night_mail_to)


def open_context(settings: Settings, *, role: str) -> ProcessContext:
    """The context of a `worker`, `housekeeping` or `cron` process."""
    url = redis_url(settings)
    client, for_queue = text_client(url), queue_client(url)
    clock_guard = ClockGuard()
    services = open_services(settings, client, clock_guard=clock_guard, judging=judge_apart)
    return ProcessContext(
        services=services,
        wake_ups=WakeUps(for_queue, services.portal),
        progress=ProgressBoard(client, services.store.keys, role=role),
        queue_client=for_queue,
        look_back=timedelta(days=settings.reconcile_days),
        clock_guard=clock_guard,
        var_dir=settings.var_dir,
        ledger_keep=settings.ledger_keep,
    )
