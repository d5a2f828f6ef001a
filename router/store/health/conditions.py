"""The one table of what can be wrong with the service: condition, level, sentence, command.

`/health`, `router health` and the metrics judge by it, and the README shows it. *failing*: leads do not reach
their reps, or something that was promised is being broken; *degraded*: leads are routed, and a person should
look today. What each judge looks at is in `judges.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from router.store.health import judges
from router.store.health.reading import VitalsReading

Level = Literal["ok", "degraded", "failing"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that can be wrong. `judge` gives a sentence for each occurrence, none if all is well.

    `when` is what makes it true, in words for the README; `command` is what to do first.
    """

    name: str
    level: Literal["degraded", "failing"]
    when: str
    judge: Callable[[VitalsReading], Iterable[str]]
    command: str


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One occurrence of a condition."""

    condition: str
    level: Literal["degraded", "failing"]
    sentence: str
    command: str


REDIS_DOWN: Final = Condition(
    "redis_down",
    "failing",
    "Redis does not answer",
    lambda _: (),  # without an answer there is no reading; see `findings`
    "start Redis, or correct REDIS_URL",
)

_LOGS: Final = "read the log of that process; restart it"

CONDITIONS: Final[tuple[Condition, ...]] = (
    REDIS_DOWN,
    Condition(
        "redis_refuses_writes",
        "failing",
        "Redis refuses a write: full, a replica, or its disk fails; deliveries get 503",
        judges.redis_refuses_writes,
        "redis-cli info memory replication persistence",
    ),
    Condition(
        "deliveries_not_kept",
        "failing",
        "this web process answered a delivery with 503 in the last minute",
        judges.deliveries_not_kept,
        "router health",
    ),
    Condition(
        "redis_evicted",
        "failing",
        "Redis has thrown keys away to save memory",
        judges.redis_evicted,
        "redis-cli config set maxmemory-policy noeviction",
    ),
    Condition(
        "redis_may_evict",
        "degraded",
        "Redis has a memory limit and would throw keys away at it",
        judges.redis_may_evict,
        "redis-cli config set maxmemory-policy noeviction",
    ),
    Condition(
        "redis_nearly_full",
        "degraded",
        "Redis uses more than 80 % of its memory limit",
        judges.redis_nearly_full,
        "redis-cli config set maxmemory …",
    ),
    Condition(
        "redis_not_appending",
        "degraded",
        "Redis keeps no append-only file, so a restart loses leads",
        judges.redis_not_appending,
        "redis-cli config set appendonly yes",
    ),
    Condition(
        "redis_append_fails",
        "failing",
        "Redis cannot write its append-only file",
        judges.redis_append_fails,
        "df -h; read the log of Redis",
    ),
    Condition(
        "worker_silent",
        "failing",
        "no worker was seen for 60 s",
        judges.silent("worker", "so leads are not routed"),
        "router up, or: python -m workers worker",
    ),
    Condition(
        "housekeeping_silent",
        "failing",
        "no housekeeping process was seen for 60 s, or ever",
        judges.silent("housekeeping", "so no choice is given back and nobody is reminded"),
        "router up, or: python -m workers housekeeping",
    ),
    Condition(
        "cron_silent",
        "failing",
        "no cron process was seen for 60 s, or ever",
        judges.silent("cron", "so housekeeping is never asked for"),
        "router up, or: python -m workers cron",
    ),
    Condition(
        "inbox_waits",
        "failing",
        "the oldest new lead has waited for more than 60 s",
        judges.inbox_waits,
        "read the workers' log; start more workers",
    ),
    Condition("jobs_crash", "degraded", "a job crashed within the last hour", judges.jobs_crash, _LOGS),
    Condition(
        "rules_missing",
        "failing",
        "no rules are live, so every lead waits",
        judges.rules_missing,
        "router check",
    ),
    Condition(
        "rules_refused",
        "degraded",
        "the rule files on disk have a mistake; the last good rules stay live",
        judges.rules_refused,
        "router check",
    ),
    Condition(
        "portal_changed",
        "degraded",
        "the portal changed something that a rule names",
        judges.portal_changed,
        "router pull",
    ),
    Condition(
        "owners_archived",
        "failing",
        "no rep of the rules has an active HubSpot owner",
        judges.owners_archived,
        "router check; correct team.yaml",
    ),
    Condition(
        "team_without_owner",
        "degraded",
        "no rep of a team has an active HubSpot owner",
        judges.team_without_owner,
        "router orphans; correct team.yaml",
    ),
    Condition(
        "hubspot_denies",
        "failing",
        "HubSpot refuses our token or a scope",
        judges.hubspot_denies,
        "check HUBSPOT_ACCESS_TOKEN and the app's scopes",
    ),
    Condition(
        "hubspot_paused",
        "degraded",
        "all HubSpot calls are paused: a limit was hit, or HubSpot fails",
        judges.hubspot_paused,
        "lower HUBSPOT_CALLS_PER_10S if it says 429",
    ),
    Condition(
        "calls_used_up",
        "failing",
        "the day's HubSpot calls are used up",
        judges.calls_used_up,
        "raise the account's limit and HUBSPOT_CALLS_PER_DAY",
    ),
    Condition(
        "calls_nearly_used_up",
        "degraded",
        "more than 90 % of the day's HubSpot calls are used",
        judges.calls_nearly_used_up,
        "look which other apps call HubSpot",
    ),
    Condition(
        "clock_far_off",
        "failing",
        "a process's clock differs from HubSpot's by more than 2 minutes; it takes no leads",
        judges.clock_far_off,
        "timedatectl; start chrony or ntpd",
    ),
    Condition(
        "clock_off",
        "degraded",
        "a process's clock differs from HubSpot's by more than 30 s",
        judges.clock_off,
        "timedatectl; start chrony or ntpd",
    ),
    Condition(
        "clock_unknown",
        "degraded",
        "HubSpot has told a process no time for 5 minutes",
        judges.clock_unknown,
        "router health (is HubSpot paused?)",
    ),
    Condition(
        "redis_clock_off",
        "degraded",
        "a process's clock differs from that of Redis by more than 30 s",
        judges.redis_clock_off,
        "timedatectl, on both hosts",
    ),
    Condition(
        "verification_late",
        "degraded",
        "the owner of a lead should have been verified 60 s ago",
        judges.verification_late,
        "read the log of housekeeping",
    ),
    Condition(
        "verification_stuck",
        "failing",
        "the owner of a lead should have been verified 10 minutes ago",
        judges.verification_stuck,
        "read the log of housekeeping; restart it",
    ),
    Condition(
        "ledger_unusable",
        "degraded",
        "the ledger is locked, full, absent, corrupt, down or newer; what happens is kept in the outbox",
        judges.ledger_unusable,
        "router ledger check",
    ),
    Condition(
        "ledger_set_aside",
        "degraded",
        "a corrupt ledger was set aside, and lies there still",
        judges.ledger_set_aside,
        "restore the backup, or move the file away",
    ),
    Condition(
        "outbox_waits",
        "degraded",
        "the oldest entry has waited for the ledger for more than 10 minutes",
        judges.outbox_waits,
        "router ledger check",
    ),
    Condition(
        "outbox_full",
        "failing",
        "300,000 entries wait for the ledger; no lead is taken until it took some",
        judges.outbox_full,
        "router ledger check",
    ),
    Condition(
        "shares_missing",
        "failing",
        "Redis was emptied, and the ledger cannot give the shares back yet; leads wait",
        judges.shares_missing,
        "router ledger check",
    ),
    Condition(
        "rebuilding",
        "degraded",
        "Redis was emptied; the leads' states are being remembered from ledger and HubSpot",
        judges.rebuilding,
        "wait; it ends by itself",
    ),
    Condition(
        "foreign_portal",
        "failing",
        "every signed event of the last hour was of another portal",
        judges.foreign_portal,
        "compare HUBSPOT_PORTAL_ID with the account of the app",
    ),
    Condition(
        "signatures_refused",
        "degraded",
        "most deliveries of the last hour had a wrong signature",
        judges.signatures_refused,
        "compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL",
    ),
    Condition(
        "no_events",
        "degraded",
        "no valid event for 3 days, or none within an hour after the installation",
        judges.no_events,
        "look at the app's webhooks in HubSpot",
    ),
    Condition(
        "events_missed",
        "degraded",
        "the search found contacts of the last hour, and no event came",
        judges.events_missed,
        "look at the app's webhooks in HubSpot",
    ),
    Condition(
        "reconciliation_late",
        "degraded",
        "unannounced contacts were not looked for within an hour",
        judges.reconciliation_late,
        "read the log of housekeeping",
    ),
    Condition(
        "most_leads_parked",
        "failing",
        "more than half of the last hour's leads, and at least 5, were parked",
        judges.most_leads_parked,
        "router parked",
    ),
    Condition(
        "leads_parked",
        "degraded",
        "a lead is parked and needs a person",
        judges.leads_parked,
        "router parked",
    ),
    Condition(
        "leads_parked_by_outage",
        "degraded",
        "leads were parked because HubSpot took no writes; they go on by themselves",
        judges.leads_parked_by_outage,
        "router parked",
    ),
    Condition(
        "unfair",
        "degraded",
        "a rep is further from the fair share than the team promises",
        judges.unfair,
        "router fairness",
    ),
    Condition(
        "changes_wait",
        "degraded",
        "what people did in HubSpot was not looked at for 10 minutes",
        judges.changes_wait,
        "restart the process housekeeping",
    ),
    Condition(
        "night_late",
        "degraded",
        "no night has ended for 30 hours",
        judges.night_late,
        "read the log of cron and housekeeping",
    ),
    Condition(
        "night_held",
        "degraded",
        "the night would move more leads than its brake allows",
        judges.night_held,
        "router night, then: router sweep --approve",
    ),
    Condition(
        "notices_failing",
        "degraded",
        "a notice to a rep failed and is tried again, is late, or was given up",
        judges.notices_failing,
        "router notify",
    ),
    Condition(
        "erasures_wait",
        "degraded",
        "a contact is to be erased, and housekeeping or the ledger cannot do it",
        judges.erasures_wait,
        "router ledger check",
    ),
    Condition(
        "disk_full",
        "failing",
        "less than 50 MB are free where VAR_DIR is",
        judges.disk_full,
        "df -h",
    ),
    Condition(
        "disk_nearly_full",
        "degraded",
        "less than 500 MB are free where VAR_DIR is",
        judges.disk_nearly_full,
        "df -h",
    ),
)
"""Every condition; the first ones explain the later ones."""


def findings(reading: VitalsReading | None) -> tuple[HealthFinding, ...]:
    """Everything that is wrong, what fails first; None stands for a Redis that does not answer."""
    if reading is None:
        sentence = "Redis does not answer, so no delivery can be kept. Start it, or correct REDIS_URL."
        return (HealthFinding(REDIS_DOWN.name, REDIS_DOWN.level, sentence, REDIS_DOWN.command),)
    found = [
        HealthFinding(one.name, one.level, sentence, one.command)
        for one in CONDITIONS
        for sentence in one.judge(reading)
    ]
    return tuple(sorted(found, key=lambda one: one.level == "degraded"))


def level_of(found: Iterable[HealthFinding]) -> Level:
    """The worst level among the findings."""
    levels = {one.level for one in found}
    return "failing" if "failing" in levels else "degraded" if levels else "ok"


def as_markdown() -> str:
    """The table for the README."""
    rows = [f"| `{one.name}` | {one.level} | {one.when} | {one.command} |" for one in CONDITIONS]
    return "\n".join(["| condition | level | when | what to do first |", "|---|---|---|---|", *rows])
