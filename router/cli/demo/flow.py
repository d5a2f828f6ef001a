"""The contacts of the demo: their arrival in the portal, and the wait until all are routed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from router.cli.demo.stage import Stage
from router.hubspot.properties import COUNTRY_CODE, OWNER
from router.routing.intake.transitions.leads import WRITTEN

WAVES: Final = 10
WAVE_S: Final = 0.3
SMALLEST_WAVE: Final = 20
DUPLICATES: Final = 0.2
OWNED: Final = 0.05
"""Share of contacts (0..1) that have an owner from the start: the router has to leave them alone."""
PATIENCE_S: Final = 30.0
SETTLE_S: Final = 10.0
LOOK_S: Final = 0.1
SOON_MS: Final = 10_000

_ROUTED: Final = (WRITTEN, "leads_owned_already", "leads_taken_by_a_person", "leads_gone", "leads_parked")
_AGAIN: Final = ("leads_revising", "leads_reopened", "leads_reassigning")
"""Counts of leads that are done, and of those that are to be decided and written once more."""

ProgressCallback = Callable[[int], None]
"""Called with the number of contacts routed so far."""


class Stuck(Exception):
    """No contact was routed for a while although some wait."""


@dataclass(slots=True)
class Arrivals:
    """The ids of all contacts, and the owners of those that had one from the start."""

    ids: list[str] = field(default_factory=list)
    owned: dict[str, str] = field(default_factory=dict)


def announce_to_us(stage: Stage, *, seed: int) -> None:
    """Let the portal post signed webhooks from now on, some of them twice, in shuffled order."""
    stage.sandbox.deliver(
        f"{stage.receiver}/webhooks/hubspot", duplicates=DUPLICATES, shuffle=True, form="mixed", seed=seed
    )


def let_them_come(stage: Stage, *, contacts: int, seed: int, progress: ProgressCallback) -> Arrivals:
    """Create the contacts in waves, as form fills come, and return when the last one is routed.

    Raises `Stuck` when no contact is routed for 30 s.
    """
    arrivals = Arrivals()
    owners = [owner for owner in stage.services.hubspot.owners() if not owner.archived]
    size = max(SMALLEST_WAVE, -(-contacts // WAVES))
    for number, first in enumerate(range(0, contacts, size)):
        count = min(size, contacts - first)
        owned = [
            _owned(owners[place % len(owners)].id, first + place) for place in range(round(count * OWNED))
        ]
        arrivals.ids += stage.sandbox.create_contacts(count - len(owned), seed=seed + number)
        ids = stage.sandbox.create_exactly(owned) if owned else []
        arrivals.ids += ids
        arrivals.owned |= {one: person[OWNER] for one, person in zip(ids, owned, strict=True)}
        _watch(stage, until=len(arrivals.ids), progress=progress, at_most_s=WAVE_S)
    _watch(stage, until=contacts, progress=progress)
    return arrivals


def let_it_settle(stage: Stage) -> None:
    """Wait until the ledger has every line and the owner histories were looked at, 10 s at most.

    A lead that two workers wrote (the same decision) is looked at after 90 s; the demo does not wait for
    that.
    """
    services = stage.services
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        if not services.store.outbox.length() and not services.store.verify.is_due(
            now_ms=services.now_ms() + SOON_MS
        ):
            return
        time.sleep(LOOK_S)


def _owned(owner_id: str, number: int) -> dict[str, str]:
    return {
        "email": f"compte.suivi{number}@client-suivi-{number}.fr",
        "type_demande": "demo",
        COUNTRY_CODE: "FR",
        "zip": "75011",
        OWNER: owner_id,
    }


def _watch(stage: Stage, *, until: int, progress: ProgressCallback, at_most_s: float | None = None) -> None:
    began = moved_at = time.monotonic()
    before = -1
    while True:
        counts = stage.vitals.read().counts
        routed = sum(counts.get(name, 0) for name in _ROUTED) - sum(counts.get(name, 0) for name in _AGAIN)
        now = time.monotonic()
        if routed != before:
            before, moved_at = routed, now
            progress(routed)
        if at_most_s is None and routed >= until:
            return
        if at_most_s is not None and now - began >= at_most_s:
            return
        if now - moved_at > PATIENCE_S:
            raise Stuck(f"{routed} of {until} contacts were routed, and then none for {PATIENCE_S:.0f} s.")
        time.sleep(LOOK_S)
