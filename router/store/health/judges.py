"""The judges of the table of conditions: each looks at one reading and says what is wrong, if anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from router.store.health.progress import CLOCK, DISK, LEDGER, OWNERS
from router.store.health.reading import Observation, RuleMistake, VitalsReading
from router.store.shared.outbox import MOST_WAITING

Sentences = Iterator[str]

PATIENCE: Final = timedelta(seconds=60)
"""Time that a lead may wait, or a process be silent, before it counts."""
VERIFY_STUCK_S: Final = 600.0
WAITS_S: Final = 600.0
"""Seconds that changes made in HubSpot, the outbox and notices may wait."""
NIGHT_OVERDUE: Final = timedelta(hours=30)
"""Time since the last night's end after which something is wrong: a night ends once a day."""
RECONCILED_WITHIN: Final = timedelta(hours=1)
EVENTS_WITHIN: Final = timedelta(days=3)
FIRST_EVENT_WITHIN: Final = timedelta(hours=1)
CLOCK_OFF_S: Final = 30.0
FEW: Final = 5
"""Leads, or deliveries, below which a share says nothing."""
LOW_DISK: Final = 500_000_000
FULL_DISK: Final = 50_000_000
"""Free bytes at VAR_DIR."""
NO_ACCESS: Final = re.compile(r"\b(401|403|access)\b", re.IGNORECASE)
"""Matches the reason of a pause that waiting does not end: HubSpot refuses us access."""


def redis_refuses_writes(seen: VitalsReading) -> Sentences:
    """A write of our own was refused."""
    if seen.redis.refuses_writes:
        yield f"Redis takes no writes, so every delivery is answered with 503: {seen.redis.refuses_writes}"


def deliveries_not_kept(seen: VitalsReading) -> Sentences:
    """This web process answered 503."""
    if seen.unkept_here:
        yield f"{seen.unkept_here} deliveries of the last minute could not be kept, and were answered 503."


def _evicts(seen: VitalsReading) -> bool:
    return bool(seen.redis.most) and seen.redis.policy not in ("", "noeviction")


def redis_evicted(seen: VitalsReading) -> Sentences:
    """Keys were thrown away."""
    if _evicts(seen) and seen.redis.evicted:
        yield f"Redis has thrown away {seen.redis.evicted} keys ({seen.redis.policy}), perhaps leads."


def redis_may_evict(seen: VitalsReading) -> Sentences:
    """Keys would be thrown away."""
    if _evicts(seen) and not seen.redis.evicted:
        yield f"Redis would throw leads away when its memory is full ({seen.redis.policy}); use noeviction."


def redis_nearly_full(seen: VitalsReading) -> Sentences:
    """More than four fifths of the memory are in use."""
    if seen.redis.most and seen.redis.used > 0.8 * seen.redis.most:
        yield (
            f"Redis uses {seen.redis.used / 1e6:.0f} of {seen.redis.most / 1e6:.0f} MB; "
            "when they are full, no delivery can be kept."
        )


def redis_not_appending(seen: VitalsReading) -> Sentences:
    """There is no append-only file."""
    if seen.redis.appends is False:
        yield "Redis keeps no append-only file: what waits is lost when it restarts."


def redis_append_fails(seen: VitalsReading) -> Sentences:
    """The append-only file cannot be written."""
    if seen.redis.append_failed:
        yield "Redis cannot write its append-only file: what it takes now is lost when it restarts."


def _is_alive(seen: VitalsReading, role: str) -> bool:
    return any(one.process.split()[0] == role and seen.at - one.at <= PATIENCE for one in seen.progress)


def silent(role: str, consequence: str) -> Callable[[VitalsReading], Sentences]:
    """A judge of whether any process of the role was seen."""

    def judge(seen: VitalsReading) -> Sentences:
        if not _is_alive(seen, role):
            before = any(one.process.split()[0] == role for one in seen.progress)
            since = f"for {PATIENCE.total_seconds():.0f} s" if before else "within a day"
            yield f"No process '{role}' was seen {since}, {consequence}. Start or restart it."

    return judge


def inbox_waits(seen: VitalsReading) -> Sentences:
    """A new lead waits too long."""
    if (seen.inbox.waited_s or 0.0) > PATIENCE.total_seconds():
        yield (
            f"The oldest lead in the inbox has waited {seen.inbox.waited_s:.0f} s. "
            "Look at the workers' log, or start more workers."
        )


def jobs_crash(seen: VitalsReading) -> Sentences:
    """A job ended with an error that nobody expected."""
    if seen.jobs_failed:
        yield f"{seen.jobs_failed} jobs crashed within the last hour; the log has why."


def rules_missing(seen: VitalsReading) -> Sentences:
    """No rules are live."""
    if seen.rules_revision is not None:
        return
    if not seen.rule_mistakes:
        yield "No rules are live, so every lead waits. No process has read the rule files yet."
        return
    first, more = seen.rule_mistakes[0], len(seen.rule_mistakes) - 1
    others = f" (and {more} more: router check)" if more else ""
    yield f"No rules are live, so every lead waits. {_place(first)}: {first.message}{others}"


def rules_refused(seen: VitalsReading) -> Sentences:
    """The files on disk are worse than those that are live."""
    if seen.rules_revision is not None:
        for one in seen.rule_mistakes:
            yield f"{_place(one)}: {one.message} (the last good rules stay live)"


def _place(mistake: RuleMistake) -> str:
    return f"{mistake.file}:{mistake.line or 1}:{mistake.column or 1}"


def portal_changed(seen: VitalsReading) -> Sentences:
    """The portal is not as the catalog says."""
    for sentence in seen.drift:
        yield f"The portal has changed: {sentence}"


def _seen(seen: VitalsReading, kind: str) -> list[Observation]:
    return [one for one in seen.observations if one.kind == kind]


def _newest(seen: VitalsReading, kind: str) -> Observation | None:
    return max(_seen(seen, kind), key=lambda one: one.at, default=None)


def owners_archived(seen: VitalsReading) -> Sentences:
    """Nobody can be given a lead."""
    found = _newest(seen, OWNERS)
    if found is not None and found.facts["reps"] and not found.facts["active"]:
        reps = found.facts["reps"]
        yield f"None of the {reps} reps has an active HubSpot owner, so no lead can be assigned."


def team_without_owner(seen: VitalsReading) -> Sentences:
    """Nobody of a team can be given a lead."""
    found = _newest(seen, OWNERS)
    if found is not None and found.facts["active"] and found.facts["empty_teams"]:
        yield f"Nobody with an active HubSpot owner is left in: {found.facts['empty_teams']}."


def hubspot_denies(seen: VitalsReading) -> Sentences:
    """HubSpot refuses us access."""
    if seen.pause and NO_ACCESS.search(seen.pause.reason):
        yield (
            f"All HubSpot calls are paused: {seen.pause.reason.rstrip('.')}. "
            "Check HUBSPOT_ACCESS_TOKEN and the app's scopes."
        )


def hubspot_paused(seen: VitalsReading) -> Sentences:
    """Calls wait for some time."""
    if seen.pause and not NO_ACCESS.search(seen.pause.reason):
        ends_in_s = (seen.pause.until - seen.at).total_seconds()
        yield f"HubSpot calls are paused for {max(0.0, ends_in_s):.0f} s more: {seen.pause.reason}"


def calls_used_up(seen: VitalsReading) -> Sentences:
    """No call is left today."""
    if seen.calls_per_day and seen.calls_today >= seen.calls_per_day:
        yield f"All {seen.calls_per_day} HubSpot calls of today are used, so leads wait until midnight (UTC)."


def calls_nearly_used_up(seen: VitalsReading) -> Sentences:
    """Few calls are left today."""
    if seen.calls_per_day and 0.9 * seen.calls_per_day <= seen.calls_today < seen.calls_per_day:
        yield f"{seen.calls_today} of {seen.calls_per_day} HubSpot calls of today are used."


def clock_far_off(seen: VitalsReading) -> Sentences:
    """A clock by which nothing may be decided."""
    for one in _seen(seen, CLOCK):
        if one.facts["verdict"] == "far off":
            yield f"{_difference(one)} HubSpot's; it takes no leads until its clock is set right."


def clock_off(seen: VitalsReading) -> Sentences:
    """A clock that goes wrong."""
    for one in _seen(seen, CLOCK):
        if one.facts["verdict"] == "off":
            yield f"{_difference(one)} HubSpot's; above 2 min it takes no leads."


def _difference(one: Observation) -> str:
    ahead_s = one.facts["ahead_of_hubspot_s"]
    return f"The clock of {one.process} is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'}"


def clock_unknown(seen: VitalsReading) -> Sentences:
    """Nobody knows whether a clock is right."""
    unknown = [one.process for one in _seen(seen, CLOCK) if one.facts["verdict"] == "unknown"]
    if unknown:
        yield f"HubSpot tells no time, so these clocks could not be compared: {', '.join(unknown)}."


def redis_clock_off(seen: VitalsReading) -> Sentences:
    """Leases and waits are counted by two clocks."""
    for one in _seen(seen, CLOCK):
        ahead_s = one.facts["ahead_of_redis_s"]
        if abs(ahead_s) > CLOCK_OFF_S:
            side = "ahead of" if ahead_s > 0 else "behind"
            yield f"The clock of {one.process} is {abs(ahead_s):.0f} s {side} that of Redis."


def verification_late(seen: VitalsReading) -> Sentences:
    """A covered choice may stay covered for a while."""
    if PATIENCE.total_seconds() < seen.verify_late_s <= VERIFY_STUCK_S:
        yield f"The oldest verification of an owner is {seen.verify_late_s:.0f} s late."


def verification_stuck(seen: VitalsReading) -> Sentences:
    """A covered choice stays covered."""
    if seen.verify_late_s > VERIFY_STUCK_S:
        yield (
            f"The oldest verification of an owner is {seen.verify_late_s / 60:.0f} min late: "
            "a person's choice that we covered is not given back."
        )


def ledger_unusable(seen: VitalsReading) -> Sentences:
    """What happens is not recorded."""
    found = _newest(seen, LEDGER)
    if found is None and _is_alive(seen, "housekeeping"):
        yield "The process 'housekeeping' has not looked at the ledger for 3 minutes. Restart it."
    if found is not None and found.facts["problem"]:
        yield f"{found.facts['sentence']} {seen.outbox} entries wait for it. {found.facts['remedy']}"


def ledger_set_aside(seen: VitalsReading) -> Sentences:
    """The history begins anew."""
    found = _newest(seen, LEDGER)
    if found is not None and found.facts["set_aside"]:
        yield (
            f"The ledger was corrupt and lies aside as {found.facts['set_aside']}; an empty one was begun. "
            "Restore the backup, or move that file away."
        )


def outbox_waits(seen: VitalsReading) -> Sentences:
    """The recorder does not come after."""
    if seen.outbox_waited_s > WAITS_S:
        yield (
            f"{seen.outbox} entries wait for the ledger, the oldest for {seen.outbox_waited_s / 60:.0f} min."
        )


def outbox_full(seen: VitalsReading) -> Sentences:
    """No lead is taken any more."""
    if seen.outbox >= MOST_WAITING:
        yield f"{seen.outbox} entries wait for the ledger, so no lead is taken from the inbox."


def shares_missing(seen: VitalsReading) -> Sentences:
    """Nothing can be decided."""
    found = _newest(seen, LEDGER)
    if not seen.is_whole and found is not None and found.facts["problem"]:
        yield "Redis was emptied and the ledger cannot give the shares back, so leads wait for it."


def rebuilding(seen: VitalsReading) -> Sentences:
    """States are being read again."""
    if seen.rebuilding:
        yield "Redis was emptied; the leads' states are being remembered from ledger and HubSpot."


def foreign_portal(seen: VitalsReading) -> Sentences:
    """The app is somewhere else."""
    if seen.recent.foreign and not seen.recent.events:
        yield (
            f"All {seen.recent.foreign} events of the last hour were of another portal, and ignored. "
            "Compare HUBSPOT_PORTAL_ID with the account in which the app is installed."
        )


def signatures_refused(seen: VitalsReading) -> Sentences:
    """The secret or the address is wrong."""
    refused = seen.recent.refused_401
    if refused >= FEW and refused > seen.recent.deliveries:
        yield (
            f"{refused} of {refused + seen.recent.deliveries} deliveries of the last hour had a wrong "
            "signature. Compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL."
        )


def no_events(seen: VitalsReading) -> Sentences:
    """HubSpot does not call."""
    last = seen.recent.last_event
    if last is not None and seen.at - last > EVENTS_WITHIN:
        yield f"No valid event has come since {last:%Y-%m-%d %H:%M} UTC."
    elif last is None and seen.born is not None and seen.at - seen.born > FIRST_EVENT_WITHIN:
        yield "No valid event has come yet. Look whether the app's webhooks are active."


def events_missed(seen: VitalsReading) -> Sentences:
    """Contacts are made, and nobody tells us."""
    if seen.recent.missed and not seen.recent.events:
        yield (
            f"{seen.recent.missed} new contacts of the last hour were found by search only: "
            "HubSpot's webhooks do not arrive."
        )


def reconciliation_late(seen: VitalsReading) -> Sentences:
    """What was missed stays missed."""
    since = seen.reconciled_until or seen.born
    if since is not None and seen.at - since > RECONCILED_WITHIN:
        hours = (seen.at - since).total_seconds() / 3600
        yield f"Contacts that no webhook announced were not looked for since {hours:.1f} hours."


def most_leads_parked(seen: VitalsReading) -> Sentences:
    """Something is wrong with all leads, not with one."""
    if seen.parked_lately >= FEW and seen.parked_lately > seen.recent.events / 2:
        yield f"About {seen.parked_lately} leads were parked within the last hour, more than half of all."


def leads_parked(seen: VitalsReading) -> Sentences:
    """A person is needed."""
    if seen.parked:
        yield f"Parked leads that need a person: {seen.parked}. See: router parked"


def leads_parked_by_outage(seen: VitalsReading) -> Sentences:
    """Leads wait for HubSpot."""
    if seen.parked_by_outage:
        yield (
            f"Leads parked by an outage: {seen.parked_by_outage}. They go on by themselves once HubSpot "
            "takes writes again. See: router parked"
        )


def unfair(seen: VitalsReading) -> Sentences:
    """A share is off."""
    for one in seen.furthest:
        if one.bound is not None and abs(one.difference) > one.bound:
            side = "ahead of" if one.difference > 0 else "behind"
            yield (
                f"{one.rep} is {abs(one.difference):.1f} {one.unit} {side} the fair share of {one.team}, "
                f"more than {one.bound:g}. See: router fairness --team {one.team}"
            )


def changes_wait(seen: VitalsReading) -> Sentences:
    """People's work is not seen."""
    if seen.changed_waited_s > WAITS_S:
        yield (
            f"What people did with {seen.changed} leads in HubSpot waits to be looked at for "
            f"{seen.changed_waited_s / 60:.0f} min. Start or restart the process 'housekeeping'."
        )


def night_late(seen: VitalsReading) -> Sentences:
    """The night's work is not done."""
    since = seen.night_ended_at or seen.born
    if since is not None and seen.at - since > NIGHT_OVERDUE:
        yield (
            f"No night has ended since {since:%Y-%m-%d %H:%M} UTC. Look whether the "
            "processes 'cron' and 'housekeeping' run, and at their log."
        )


def night_held(seen: VitalsReading) -> Sentences:
    """A plan waits for a person."""
    if seen.held is not None:
        yield (
            f"The night of {seen.held.day} would move {seen.held.moves} leads, more than "
            f"{seen.held.limit}, so it moved none. Look: router night. To let them: router sweep --approve"
        )


def notices_failing(seen: VitalsReading) -> Sentences:
    """Reps are not told."""
    if seen.notices_parked:
        yield f"{seen.notices_parked} notices to reps were given up after a day. See: router notify"
    if seen.notices_put_off:
        yield f"{seen.notices_put_off} notices to reps could not be delivered and are tried again."
    if seen.notices_late_s > WAITS_S:
        yield f"The oldest notice to a rep is {seen.notices_late_s / 60:.0f} min late."


def erasures_wait(seen: VitalsReading) -> Sentences:
    """What was promised within a minute is not done."""
    found = _newest(seen, LEDGER)
    stopped = (found is not None and found.facts["problem"]) or not _is_alive(seen, "housekeeping")
    if seen.erasures and stopped:
        yield f"{seen.erasures} contacts are to be erased, and wait for housekeeping or for the ledger."


def disk_full(seen: VitalsReading) -> Sentences:
    """Nothing can be written."""
    for one in _seen(seen, DISK):
        if one.facts["free"] < FULL_DISK:
            yield _space(one)


def disk_nearly_full(seen: VitalsReading) -> Sentences:
    """Soon nothing can be written."""
    for one in _seen(seen, DISK):
        if FULL_DISK <= one.facts["free"] < LOW_DISK:
            yield _space(one)


def _space(one: Observation) -> str:
    return f"Only {one.facts['free'] / 1e6:.0f} MB are free at {one.facts['path']} ({one.process})."
