"""Merged contacts: one lead goes on under the id that is left, and the others end.

HubSpot tells it by an event, or answers a read by an old id with the contact that is left. What an old id is
now, only the read says: an event may come early, late or twice.

The lead that goes on is the one whose rep owns the contact that is left; of several, and where no rep does,
the one that was decided first. Its decisions, its wait in a queue and its SLA go on. A rep who loses a lead,
or has one where there were two, gets the share back unless work on it had begun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from router.deadlines import VERIFY_AFTER
from router.hubspot.api.records import Record
from router.hubspot.properties import DECISION_ID, OWNER, STATUS
from router.policy.explanation.decision_record import cost_in, from_record
from router.routing.intake.decision_ids import former_ids
from router.routing.intake.transitions import gone
from router.routing.intake.transitions.apply import apply
from router.routing.outbox.record import record_outbox
from router.routing.outbox.since_then import has_begun, was_refunded
from router.routing.portal.services import Services
from router.routing.recovery.repair import as_it_stands
from router.store.leads.leads import LeadState, State
from router.timestamps import in_ms

AT_A_TIME: Final = 50
NOT_YET: Final = timedelta(minutes=1)
"""Time after which a contact is read again that HubSpot does not answer for, or not as merged yet."""


class Chain(Struct, frozen=True):
    """The decisions about one contact that stand: when the first was made (ISO), and the last record."""

    contact_id: str
    began_at: str
    last: Mapping[str, Any]
    begun: bool
    """True once a rep has begun to work on the last one."""

    @property
    def owner_id(self) -> str:
        """The owner whom the last decision gave the lead; "" for nobody."""
        return str(self.last["outcome"].get("owner_id") or "")


def settle_merges(services: Services, *, limit: int = AT_A_TIME) -> int:
    """Settle merged leads that are due, at most 50, with one read; the number looked at.

    Safe to repeat: what is not settled stays due. Raises `HubSpotError`, `NoRules`, and what ledger and Redis
    raise.
    """
    due = services.store.merged.due(now_ms=services.now_ms(), limit=limit)
    if not due:
        return 0
    services.rules.policy()
    answer = services.hubspot.read_contacts(list(due), (OWNER, STATUS, DECISION_ID), priority="verify")
    left: dict[str, Record] = {}
    later: dict[str, int] = {}
    for one in due:
        record = answer.records.get(one)
        if record is not None and record.merged_into is not None:
            left[record.merged_into] = record
        elif answer.missing.get(one) == "gone":
            services.store.verify.look_again([one], at_ms=services.now_ms())
        else:
            later[one] = services.now_ms() + in_ms(NOT_YET)
    for into, record in left.items():
        ids = tuple(dict.fromkeys((*former_ids(replace(record, id=into)), record.id)))
        if not _settle(services, ids, replace(record, id=into, merged_into=None)):
            later |= dict.fromkeys(set(ids) & due.keys(), services.now_ms() + in_ms(VERIFY_AFTER))
    services.store.merged.put_off(due, until_ms=later)
    services.store.merged.looked_at({one: at_ms for one, at_ms in due.items() if one not in later})
    return len(due)


def _settle(services: Services, old_ids: Sequence[str], record: Record) -> bool:
    """Make one lead of those that were merged into the contact of this record.

    False while one of them is being written: the drain that does it finds out first.
    """
    into, owner_id = record.id, record.properties.get(OWNER) or ""
    record_outbox(services)
    states = services.store.leads.recall([into, *old_ids])
    if any(state.state is State.DECIDED for state in states.values()):
        return False
    own = states.get(into)
    chains = [chain for one in old_ids if (chain := _chain_of(services, one)) is not None]
    has_own = bool(own and own.decision_id) or bool(services.ledger.decisions_of(into))
    goes_on = None if own is not None or has_own else _that_goes_on(chains, owner_id=owner_id)
    open_with = services.store.open_leads.places([goes_on.contact_id]) if goes_on else {}
    living = {one: state for one in old_ids if (state := states.get(one)) and state.state is not State.GONE}
    _end(services, living, chains, into=into, owner_id=owner_id, goes_on=goes_on)
    record_outbox(services)  # what ended is recorded under its old id before that can change
    services.ledger.merges.note(
        old_ids, into=into, goes_on=goes_on.contact_id if goes_on else None, at=services.clock()
    )
    if own is None:
        before = states.get(goes_on.contact_id) if goes_on else None
        _go_on(services, record, before, open_with="".join(open_with.values()))
    services.log.info("lead.merged", contact_id=into, leads=len(chains), goes_on=goes_on is not None)
    return True


def _chain_of(services: Services, contact_id: str) -> Chain | None:
    """The decisions about the contact, unless the last one was given back: then nobody has the lead."""
    decided = services.ledger.decisions_of(contact_id)
    if not decided:
        return None
    last = decided[-1]
    if was_refunded(services, contact_id, last["id"]):
        return None
    return Chain(contact_id, decided[0]["decided_at"], last, has_begun(services, contact_id, last["id"]))


def _that_goes_on(chains: Sequence[Chain], *, owner_id: str) -> Chain | None:
    ordered = sorted(chains, key=lambda chain: (chain.owner_id != owner_id, chain.began_at, chain.contact_id))
    return ordered[0] if ordered else None


def _end(
    services: Services,
    living: Mapping[str, LeadState],
    chains: Sequence[Chain],
    *,
    into: str,
    owner_id: str,
    goes_on: Chain | None,
) -> None:
    """End the leads under their old ids, and give back the shares of reps who had not begun."""
    now, by_id = services.clock(), {chain.contact_id: chain for chain in chains}
    stays = goes_on.contact_id if goes_on is not None and goes_on.owner_id == owner_id else None
    closed = {one: (state.episode, "") for one, state in living.items() if one != stays}
    services.store.open_leads.recount(closed, now_ms=services.now_ms())
    transitions = []
    for one, state in living.items():
        chain = by_id.get(one)
        if one == stays:
            transitions.append(gone.moved(state, into=into, now=now))
            continue
        given_back = chain is not None and chain.owner_id and not chain.begun
        paid = cost_in(chain.last) if chain is not None and given_back else None
        transitions.append(gone.merged(state, into=into, now=now, paid=paid))
    apply(services, transitions)
    for one in living:
        services.store.night_plan.forget(one)
        if goes_on is None or one != goes_on.contact_id:
            services.store.notices.forget(one)


def _go_on(services: Services, record: Record, before: LeadState | None, *, open_with: str) -> None:
    """Remember the lead under the id that is left, or announce it if none of the old ones was decided.

    `open_with` is the field of the book under which it counted as open; it counts there still if it is its
    rep's.
    """
    decided = services.ledger.decisions_of(record.id)
    if not decided:
        services.store.inbox.append_low([record.id], now_ms=services.now_ms())
        return
    decision = from_record({**decided[-1], "contact_id": record.id})
    lead = as_it_stands(services, decision, record)
    state = replace(
        lead.state,
        state=State.DONE if lead.state.state is State.WRITTEN else lead.state.state,
        # The owner that HubSpot's merge has chosen stands: the merged history says nothing of our writes.
        sends=(),
        unanswered_at_ms=0,
    )
    if before is not None:
        state = replace(
            state,
            assignment=before.assignment if state.assignment is not None else None,
            queued_since_ms=before.queued_since_ms if state.queue else 0,
            released_by=before.released_by,
            times_taken=before.times_taken,
            percent_behind=before.percent_behind,
            tasks=before.tasks,
        )
    is_same = before is not None and before.owner_id == state.owner_id
    lead = replace(lead, state=state, verify_at_ms=None, open_with=open_with if is_same else "")
    services.store.restoration.remember([lead], now_ms=services.now_ms())
    services.store.changed.look_again([record.id], at_ms=services.now_ms())
