"""The ledger cannot be used or is behind, or Redis waits for what only the ledger remembers."""

from __future__ import annotations

from router.store.health.conditions.condition import WAITS_S, Sentences, condition
from router.store.health.progress import LEDGER
from router.store.health.reading import VitalsReading
from router.store.shared.outbox import MOST_WAITING


@condition(
    "degraded",
    when="the ledger is locked, full, absent, corrupt, down or newer; what happens is kept in the outbox",
    command="router ledger check",
)
def ledger_unusable(seen: VitalsReading) -> Sentences:
    found = seen.newest(LEDGER)
    if found is None and seen.is_alive("housekeeping"):
        yield "The process 'housekeeping' has not looked at the ledger for 3 minutes. Restart it."
    if found is not None and found.facts["problem"]:
        yield f"{found.facts['sentence']} {seen.outbox} entries wait for it. {found.facts['remedy']}"


@condition(
    "degraded",
    when="a corrupt ledger was set aside, and lies there still",
    command="restore the backup, or move the file away",
)
def ledger_set_aside(seen: VitalsReading) -> Sentences:
    found = seen.newest(LEDGER)
    if found is not None and found.facts["set_aside"]:
        yield (
            f"The ledger was corrupt and lies aside as {found.facts['set_aside']}; an empty one was begun. "
            "Restore the backup, or move that file away."
        )


@condition(
    "degraded",
    when="the oldest entry has waited for the ledger for more than 10 minutes",
    command="router ledger check",
)
def outbox_waits(seen: VitalsReading) -> Sentences:
    if seen.outbox_waited_s > WAITS_S:
        waited_min = seen.outbox_waited_s / 60
        yield f"{seen.outbox} entries wait for the ledger, the oldest for {waited_min:.0f} min."


@condition(
    "failing",
    when="300,000 entries wait for the ledger; no lead is taken until it took some",
    command="router ledger check",
)
def outbox_full(seen: VitalsReading) -> Sentences:
    if seen.outbox >= MOST_WAITING:
        yield f"{seen.outbox} entries wait for the ledger, so no lead is taken from the inbox."


@condition(
    "failing",
    when="Redis was emptied, and the ledger cannot give the shares back yet; leads wait",
    command="router ledger check",
)
def shares_missing(seen: VitalsReading) -> Sentences:
    if not seen.is_whole and seen.has_ledger_problem:
        yield "Redis was emptied and the ledger cannot give the shares back, so leads wait for it."


@condition(
    "degraded",
    when="Redis was emptied; the leads' states are being remembered from ledger and HubSpot",
    command="wait; it ends by itself",
)
def rebuilding(seen: VitalsReading) -> Sentences:
    if seen.rebuilding:
        yield "Redis was emptied; the leads' states are being remembered from ledger and HubSpot."
