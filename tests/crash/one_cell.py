"""One cell of the matrix: eight leads, people at awkward moments, one fault, one process hurt, then calm."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from router.clock import real_clock
from router.deadlines import DOUBT, LEASE
from router.ledger import open_ledger
from router.store import lead_fields
from router.store.clients import queue_client
from router.store.leads.leads import State
from router.timestamps import epoch_ms, in_ms
from router.wakeups import Job, WakeUps
from tests.crash.calls import Orders
from tests.crash.cells import Cell
from tests.world.checker import Verdict, check_leads, longest_covered_s, misrecorded
from tests.world.fleet import PORTAL, Fleet, announce_to, until
from tests.world.leads import LATE_FACT, OWNERS, a_sure_contact
from tests.world.story import stories

SCALE: Final = 0.1
"""Of every deadline, in the fleets of the matrix."""
PERSON: Final = OWNERS["claire"]
LEADS: Final = 8
"""One is taken before it is read, one before it is written, two afterwards; a fact of one comes late, one
loses its owner, and two are merged.
"""
REVISED: Final = 4
"""The lead whose country comes late: it is Marc's in the end."""
CLEARED: Final = 5
MERGED: Final = slice(6, 8)
LEASE_S: Final = LEASE.total_seconds() * SCALE
PAUSE_S: Final = LEASE_S + 1.0
"""A process that stands still wakes when another one has taken its leads over."""
AWAKE_S: Final = 0.5
REACHED_WITHIN_S: Final = 15.0
CALM_S: Final = 0.5
"""All is over when nothing was under way for this long: an answer may still be on the wire."""
HEALED_WITHIN_S: Final = 120.0
"""Longer than any healing takes, on a machine that does nothing else; a busy one starts processes slowly."""
LOOK_S: Final = 0.1
LOOKED_AT_MS: Final = 1_000
"""What is looked at later than this was revised already, and is looked at once more in case."""
FAR: Final = in_ms(DOUBT) * SCALE * 2
"""Milliseconds: what is due later than this is the night's look, which no cell waits for."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """What became of a cell. `reached`: the role came to the call; `fault_met`: the portal's fault struck.

    `story` tells of the leads that went wrong.
    """

    cell: Cell
    verdict: Verdict
    problems: tuple[str, ...]
    reached: bool
    fault_met: bool
    longest_covered_s: float
    took_s: float
    leads: int
    human_choices: int
    story: str = ""

    @property
    def held(self) -> bool:
        """Nothing lost, doubled, covered or misrecorded, and everything came to rest."""
        return not self.problems


@dataclass
class _Run:
    """A cell while it runs."""

    fleet: Fleet
    cell: Cell
    ids: Sequence[str]
    began: float
    struck_at: float | None = None
    reached_at: float | None = None
    fault_met: bool = False
    edits: int = 0
    has_late_fact: bool = False
    cleared: bool = False
    survivor: str = ""

    def hurt(self) -> None:
        """See to the process that has come to its call, and let people act while all is in doubt."""
        now = time.monotonic()
        pid = None if self.reached_at else Orders.taken(self.fleet.orders / self.cell.role)
        if pid is not None:
            self.reached_at = now
            if self.cell.action == "pause":
                self.fleet.paused(f"{self.cell.role} {pid}", pid, seconds=PAUSE_S)
            else:
                self.fleet.kills += 1
        self.fault_met = self.fault_met or any(fault["hits"] for fault in self.fleet.sandbox.faults())
        if self.struck_at is None and (self.reached_at or self.fault_met or self._has_waited()):
            self.struck_at = now
        later_s = PAUSE_S - 0.4 if self.cell.action == "pause" else LEASE_S / 2
        for contact_id, after_s in zip(
            self.ids[2 + self.edits : 4], (0.3, later_s)[self.edits :], strict=True
        ):
            if self.struck_at is not None and now - self.struck_at >= after_s:
                self.fleet.sandbox.edit_by_hand(contact_id, owner=PERSON)
                self.edits += 1
        self._tell_late()
        if self.struck_at is not None:
            self._clear()
            self._merge()

    def _tell_late(self) -> None:
        """A person fills in another country, once the lead has an owner."""
        (late,) = self.fleet.sandbox.contacts(self.ids[REVISED], brief=True)
        if not self.has_late_fact and self.struck_at is not None and late["owner"]:
            self.fleet.sandbox.edit_by_hand(late["id"], properties=LATE_FACT)
            self.has_late_fact = True

    def _clear(self) -> None:
        """A person clears the owner of a lead, once it has one."""
        one = self.ids[CLEARED]
        if not self.cleared and self.fleet.sandbox.contacts(one, brief=True)[0]["owner"]:
            self.fleet.sandbox.edit_by_hand(one, owner="")
            self.cleared = True

    def _merge(self) -> None:
        """A person merges two leads, once both have an owner and our writes of them are known."""
        states = [
            self.fleet.redis.hget(self.fleet.keys.lead(one), lead_fields.STATE) for one in self.ids[MERGED]
        ]
        if not self.survivor and set(states) <= {State.WRITTEN, State.DONE}:
            winner, loser = self.ids[MERGED]
            self.survivor = self.fleet.sandbox.merge(loser, into=winner)

    @property
    def present(self) -> list[str]:
        """The leads as they are called in the end."""
        return [*self.ids[: MERGED.start], *filter(None, [self.survivor])]

    def is_over(self) -> bool:
        """Everything that was to happen has happened, and who stood still has gone on."""
        stood_still_s = PAUSE_S + AWAKE_S if self.cell.action == "pause" else 0.0
        if self.reached_at is not None and time.monotonic() - self.reached_at < stood_still_s:
            return False
        acted = self.edits == 2 and self.has_late_fact and self.cleared and bool(self.survivor)
        return acted and ((self.reached_at is not None and self.fault_met) or self._has_waited())

    def _has_waited(self) -> bool:
        return time.monotonic() - self.began > REACHED_WITHIN_S


def run_cell(fleet: Fleet, cell: Cell, *, within_s: float = HEALED_WITHIN_S) -> CellResult:
    """Run the cell on a fleet that is at rest; if the cell holds, the fleet is at rest again afterwards."""
    until(fleet.is_up, within_s=HEALED_WITHIN_S)
    began = time.monotonic()
    run = _prepared(fleet, cell, began)
    announce_to(fleet, duplicates=0.2, properties=("hubspot_owner_id", "country"))
    ends_at, calm_since, unrest = began + within_s, None, "nothing happened"
    while time.monotonic() < ends_at:
        run.hurt()
        if run.is_over():
            fleet.sandbox.repair()
            Orders.take_back(fleet.orders / cell.role)
            unrest = _unrest(fleet, run.ids)
            calm_since = None if unrest else calm_since or time.monotonic()
            if calm_since is not None and time.monotonic() - calm_since > CALM_S:
                break
        time.sleep(LOOK_S)
    verdict = check_leads(fleet.sandbox, run.present, revised=run.ids[REVISED : REVISED + 1])
    problems = (*_problems(fleet, run.present, verdict, unrest), *_wrong_ends(run))
    return CellResult(
        cell,
        verdict,
        problems,
        run.reached_at is not None,
        run.fault_met,
        longest_covered_s(fleet.sandbox, run.ids),
        time.monotonic() - began,
        leads=len(run.ids),
        human_choices=sum(one["contact"] in run.ids for one in fleet.sandbox.human_choices()),
        story="\n".join([*problems, stories(fleet, verdict, also=_in_question(problems))])
        if problems
        else "",
    )


def _prepared(fleet: Fleet, cell: Cell, began: float) -> _Run:
    sandbox = fleet.sandbox
    sandbox.stop_deliveries()
    fleet.begin_commands()
    ids = sandbox.create_exactly([a_sure_contact() for _ in range(LEADS)])
    sandbox.edit_by_hand(ids[0], owner=PERSON)  # before it is read
    sandbox.overtake(of=ids[1:2], times=1, owner=PERSON)  # between read and write
    Orders.forget(fleet.orders / cell.role)
    Orders.give(fleet.orders / cell.role, moment=cell.moment, call=cell.call, action=cell.action)
    of = ids if cell.operation.startswith("contacts/batch") else ()
    sandbox.break_with(**cell.fault_of_portal, of=of)
    # What a process reads every few minutes is read in this cell, too.
    fleet.redis.delete(fleet.keys.owners)
    wake_ups = WakeUps(queue_client(fleet.valkey.url), PORTAL)
    for job in (Job.REFRESH, Job.RECONCILE):
        wake_ups.ask(job)
    return _Run(fleet, cell, ids, began)


def _unrest(fleet: Fleet, ids: Sequence[str]) -> str:
    """What is still under way, or ""."""
    redis, keys = fleet.redis, fleet.keys
    deliveries = fleet.sandbox.deliveries()
    for what, found in (
        ("webhooks wait", deliveries["waiting"] + deliveries["in_flight"]),
        ("leads wait", redis.xlen(keys.inbox) + redis.xlen(keys.inbox_low)),
        ("calls are applied late", fleet.sandbox.calls_under_way()),
        ("histories are to be verified", _due(fleet, keys.verify, ids)),
        ("changes are to be followed", _due(fleet, keys.changed, ids)),
        ("facts are to be looked at", _due(fleet, keys.revise, ids, within_ms=LOOKED_AT_MS)),
        ("merges are to be settled", redis.zcard(keys.merged)),
        ("the ledger lags", redis.xlen(keys.outbox)),
    ):
        if found:
            return f"{what}: {found}"
    return ""


def _due(fleet: Fleet, name: str, ids: Sequence[str], *, within_ms: float = FAR) -> str:
    """The leads on a list of things to do that are due before the night, or in so many milliseconds."""
    soon = epoch_ms(real_clock()) + within_ms
    scores = fleet.redis.zmscore(name, list(ids))
    return " ".join(one for one, at in zip(ids, scores, strict=True) if at is not None and at < soon)


def _problems(fleet: Fleet, ids: Sequence[str], verdict: Verdict, unrest: str) -> tuple[str, ...]:
    problems = [
        f"{what}: {', '.join(found)}"
        for what, found in (
            ("lost", verdict.lost),
            ("two owners", verdict.two_owners),
            ("finally covered", verdict.overwritten),
        )
        if found
    ]
    (late,) = fleet.sandbox.contacts(ids[REVISED], brief=True)
    if late["owner"] != OWNERS["marc"]:
        problems.append(f"not revised: {late['id']}")
    if unrest:
        problems.append(f"not at rest in the end: {unrest}")
    ledger = open_ledger(f"sqlite:///{fleet.ledger_file}", PORTAL)
    try:
        wrong = misrecorded(fleet.sandbox, ledger, ids) if verdict.sound else {}
    finally:
        ledger.close()
    problems += [f"misrecorded {contact}: {why}" for contact, why in wrong.items()]
    parked = [one for one in ids if fleet.redis.hexists(fleet.keys.parked, one)]
    if parked:
        problems.append(f"parked: {', '.join(parked)}")
    return tuple(problems)


def _wrong_ends(run: _Run) -> list[str]:
    """What is wrong with the lead that lost its owner, and with those that were merged."""
    lead, redis = run.fleet.keys.lead, run.fleet.redis
    problems = []
    if redis.hget(lead(run.ids[CLEARED]), lead_fields.STATE) != State.QUEUED:
        problems.append(f"cleared and in no queue: {run.ids[CLEARED]}")
    ended = [redis.hget(lead(one), lead_fields.STATE) for one in run.ids[MERGED]]
    if set(ended) != {State.GONE}:
        problems.append(f"merged and not ended: {' '.join(run.ids[MERGED])}")
    (survivor,) = run.fleet.sandbox.contacts(run.survivor, brief=True) if run.survivor else ({"owner": ""},)
    if not survivor["owner"] or redis.hget(lead(run.survivor), lead_fields.OWNER) != survivor["owner"]:
        problems.append(f"not known after its merge: {run.survivor}")
    return problems


def _in_question(problems: Sequence[str]) -> list[str]:
    words = " ".join(problems).replace(",", " ").replace(":", " ").split()
    return [word for word in dict.fromkeys(words) if word.isdecimal() and len(word) > 6]
