"""The transitions of a lead, as a table: out of which states, into which, and what it leaves behind.

Every `come_from` is a guard: a worker that comes late must not move a lead that has moved on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from router.routing.intake.transitions import gone, leads, parking
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import Missing
from router.store.shared.recent_writes import LastWrites
from router.timestamps import epoch_ms
from tests.world.transitions import (
    MOVES,
    NOW,
    NOW_MS,
    an_item,
)

FIELDS = {value: name.lower() for name, value in vars(lead_fields).items() if name.isupper()}


def shown(move: Transition) -> str:
    """The transition in one line: states, what is done, fields, count, event; moments from NOW on, in ms."""
    assert (move.contact_id, move.come_from and True) == ("501", True)
    come_from = "|".join(sorted(str(state or "unknown") for state in move.come_from))
    parts = [f"{move.episode}: {come_from} -> {move.state}"]
    parts += [f"acknowledges {len(move.entries)}"] if move.entries else []
    parts += [
        name for name in ("refund", "keep", "announce", "announce_first", "answered") if getattr(move, name)
    ]
    parts += [f"paid {dict(move.paid)}"] if move.paid is not None else []
    parts += [f"memory {move.memory}"] if move.memory else []
    for name in ("verify_at_ms", "watch_at_ms", "revise_at_ms"):
        if (at_ms := getattr(move, name)) is not None:
            parts.append(f"{name} {at_ms - NOW_MS:+}")
    parts += [f"{name} {getattr(move, name)}" for name in ("queue", "score") if getattr(move, name)]
    parts += [f"only while owner is {move.owner_id or 'nobody'}"] if move.owner_id is not None else []
    parts += [f"parked {dict(move.parked)}"] if move.parked else []
    parts += [f"sets {_named(name, value)}" for name, value in move.set.items()]
    parts += [f"drops {' '.join(sorted(FIELDS[name] for name in move.drop))}"] if move.drop else []
    parts += [f"counts {move.count}"] if move.count else []
    told = dict(move.event or {})
    assert told.pop("at", NOW.isoformat()) == NOW.isoformat()
    parts += ["event " + ", ".join(f"{name}={value}" for name, value in told.items())] if told else []
    return " · ".join(parts).replace(NOW.isoformat(), "now")


def _named(name: str, value: str) -> str:
    """The field with its value; what a revision compares with is tested where it is kept."""
    return FIELDS[name] if name == lead_fields.REVISABLE else f"{FIELDS[name]} {_from_now(value)}"


def _from_now(text: str) -> str:
    return text.replace(str(NOW_MS), "now")


TABLE = {
    "written, as HubSpot confirms": (
        "2: decided -> written · acknowledges 2 · keep · answered · verify_at_ms +3000"
        " · drops trigger · counts leads_written · event kind=written, decision=501-2-a, owner_id=71"
        ", waited_ms=2500"
    ),
    "written, and announced by a clock that is ahead": (
        "2: decided -> written · acknowledges 1 · keep · verify_at_ms +3000 · drops trigger"
        " · counts leads_written · event kind=written, decision=501-2-a, owner_id=71, waited_ms=0"
    ),
    "written, as the record shows": (
        "2: decided -> written · acknowledges 2 · keep · verify_at_ms +3000 · watch_at_ms +9"
        " · drops trigger · counts leads_written · event kind=written, decision=501-2-a, owner_id=71"
        ", waited_ms=2500, from=99, why=nobody acted, run=test"
    ),
    "written, and nobody's": (
        "2: decided -> done · acknowledges 2 · drops changes paid trigger · counts leads_written"
        " · event kind=written, decision=501-2-a, owner_id=None, waited_ms=2500"
    ),
    "written, and it waits": (
        "2: decided -> queued · acknowledges 2 · keep · answered · queue idf · score 87"
        " · sets queued_since now · sets read_at now · drops changes paid trigger"
        " · counts leads_written · event kind=written, decision=501-2-a, owner_id=None"
        ", waited_ms=2500"
    ),
    "given back to its queue": (
        "2: decided -> queued · acknowledges 2 · keep · verify_at_ms +3000 · queue idf · score 87"
        " · sets queued_since 5 · sets read_at now · drops paid trigger · counts leads_written"
        " · event kind=written, decision=501-2-a, owner_id=None, waited_ms=2500"
    ),
    "written to nobody, in doubt": (
        "2: decided -> done · acknowledges 2 · verify_at_ms +3000 · drops paid trigger"
        " · counts leads_written · event kind=written, decision=501-2-a, owner_id=None"
        ", waited_ms=2500"
    ),
    "not reassigned": (
        "2: decided|reopened -> human · acknowledges 2 · refund · sets owner 99 · drops changes "
        "revisable revise_until trigger · counts leads_not_reassigned · event kind=not_reassigned, "
        "decision=None, owner_id=99, from=99, why=nobody acted, run=test"
    ),
    "not reassigned, and decided": (
        "2: decided|reopened -> human · acknowledges 2 · refund · sets owner  · drops changes "
        "revisable revise_until trigger · counts leads_not_reassigned · event kind=not_reassigned, "
        "decision=501-2-a, owner_id=None, from=99, why=nobody acted, run=test"
    ),
    "not reassigned, and why is not known": (
        "2: decided|reopened -> human · acknowledges 2 · refund · sets owner 99 · drops changes "
        "revisable revise_until trigger · counts leads_not_reassigned · event kind=not_reassigned, "
        "decision=501-2-a, owner_id=99"
    ),
    "shadowed": (
        "2: decided|reopened|shadow -> shadow · acknowledges 2 · drops changes paid"
        " · counts leads_shadowed · event kind=shadowed, decision=501-2-a, owner_id=None"
    ),
    "owned already": (
        "0: decided|gone|reopened|unknown|waiting -> human · acknowledges 2 · sets owner 99"
        " · counts leads_owned_already · event kind=owned_already, decision=None, owner_id=99"
    ),
    "owned already, by a write that was lost": (
        "2: decided|gone|reopened|unknown|waiting -> human · acknowledges 2 · verify_at_ms +0 · sets "
        'owner 42 · sets sends [[1,"42","",7,"501-1-a",now]] · sets doubt now · counts '
        "leads_owned_already · event kind=owned_already, decision=None, owner_id=42"
    ),
    "taken by a person": (
        "2: decided|reopened -> human · acknowledges 2 · refund · sets owner 99 · drops changes "
        "revisable revise_until · counts leads_taken_by_a_person · event kind=taken_by_a_person, "
        "decision=501-2-a, owner_id=99"
    ),
    "owner refused": (
        "2: decided -> decided · refund · keep · answered · counts owners_refused · event kind=owner_refused"
        ", decision=501-2-a, owner_id=71, why=archived"
    ),
    "parked": (
        "0: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'no', 'since': 'now', 'fault': 'lead'} · counts leads_parked · event kind=parked, "
        "decision=None, why=no"
    ),
    "refused beside others": (
        "2: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'no', 'since': 'now', 'fault': 'lead'} · counts leads_parked · event kind=parked, "
        "decision=501-2-a, why=no"
    ),
    "refused before any other was written": (
        "2: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'no', 'since': 'now', 'fault': 'outage'} · sets refused_at 1795511699991 · counts "
        "leads_parked · event kind=parked_by_outage, decision=501-2-a, why=no"
    ),
    "refused again, and another was written between": (
        "2: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'no', 'since': 'now', 'fault': 'lead'} · counts leads_parked · event kind=parked, "
        "decision=501-2-a, why=no"
    ),
    "refused, and only it was written": (
        "0: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'no', 'since': 'now', 'fault': 'outage'} · sets refused_at 1795511699991 · counts "
        "leads_parked · event kind=parked_by_outage, decision=None, why=no"
    ),
    "given up while others are written": (
        "0: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'It was tried 8 times and never finished, while others were; the log says why.', 'since': "
        "'now', 'fault': 'lead'} · counts leads_parked · event kind=parked, decision=None, why=It was"
        " tried 8 times and never finished, while others were; the log says why."
    ),
    "given up, and only it was written": (
        "0: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'It was tried 8 times and never finished, and no other lead was written either.', 'since': "
        "'now', 'fault': 'outage'} · counts leads_parked · event kind=parked_by_outage, "
        "decision=None, why=It was tried 8 times and never finished, and no other lead was written "
        "either."
    ),
    "given up in an outage": (
        "2: decided|gone|reopened|unknown|waiting -> parked · acknowledges 2 · keep · parked {'why': "
        "'It was tried 8 times and never finished, and no other lead was written either.', 'since': "
        "'now', 'fault': 'outage'} · counts leads_parked · event kind=parked_by_outage, "
        "decision=501-2-a, why=It was tried 8 times and never finished, and no other lead was written"
        " either."
    ),
    "reassigning": (
        "2: done|human|queued -> reopened · keep · announce · sets trigger "
        '{"kind":"reassigned","owner_id":"99","rep":"ben","why":"nobody '
        'acted","run":"test","rule":null,"to":null,"paid":{}} · sets released_by ben,lea · sets '
        "times_taken 3 · drops changes revisable revise_until · counts leads_reassigning · event "
        "kind=reassigning, decision=None, from=99, why=nobody acted, run=test"
    ),
    "reassigning a lead without state": (
        "0: unknown -> reopened · keep · announce · sets trigger "
        '{"kind":"reassigned","owner_id":"99","rep":"ben","why":"nobody '
        'acted","run":"test","rule":null,"to":null,"paid":{}} · sets released_by  · drops changes '
        "revisable revise_until · counts leads_reassigning · event kind=reassigning, decision=None, "
        "from=99, why=nobody acted, run=test"
    ),
    "owner changed": (
        "2: done|human -> human · only while owner is 71 · sets owner 99 · drops changes revisable "
        "revise_until · counts owners_changed · event kind=owner_changed, decision=501-2-a, from=71, "
        "owner_id=99, by=a person"
    ),
    "owner cleared": (
        "2: done|human -> human · only while owner is nobody · sets owner  · drops changes revisable "
        "revise_until · counts owners_changed · event kind=owner_changed, decision=501-2-a, "
        "from=None, owner_id=None, by=us"
    ),
    "given back": (
        "2: written -> human · refund · answered · verify_at_ms +3000 · sets owner 99 · drops changes"
        " paid revisable revise_until · counts conflicts_restored · event kind=restored, "
        "decision=501-2-a, owner_id=99, ours=71"
    ),
    "given back, long after": (
        "2: human -> human · answered · verify_at_ms +3000 · sets owner  · drops changes paid "
        "revisable revise_until · counts conflicts_restored · event kind=restored_late, "
        "decision=501-2-a, owner_id=None, ours=71"
    ),
    "written again": (
        "2: written -> written · keep · answered · verify_at_ms +3000 · sets owner 71 · sets written_again 1"
        " · counts late_writes_corrected · event kind=written_again, decision=501-2-a, owner_id=71"
    ),
    "written again, when done": (
        "2: done -> done · answered · verify_at_ms +3000 · sets owner  · sets written_again 1"
        " · counts late_writes_corrected"
        " · event kind=written_again, decision=501-2-a, owner_id=None"
    ),
    "verified": "2: written -> done · drops changes paid",
    "verified, in doubt": "2: written -> done · drops paid",
    "changed by a person": (
        "2: queued|written -> human · sets owner 99 · drops changes paid revisable revise_until · "
        "event kind=changed_by_a_person, decision=501-2-a, owner_id=99"
    ),
    "written, and its facts were open": (
        "2: decided -> written · acknowledges 2 · keep · verify_at_ms +3000 · revise_at_ms +57500 · "
        "drops trigger · counts leads_written · event kind=written, decision=501-2-a, owner_id=71, "
        "waited_ms=2500"
    ),
    "revising": (
        "2: done -> reopened · keep · announce · announce_first · only while owner is 71 · sets "
        "trigger "
        '{"kind":"revised","owner_id":"71","rep":"anna","due_at":null,"told":false,"facts":["country"],"paid":{}}'
        " · drops changes · counts leads_revising · event kind=revising, decision=501-2-a, from=71, "
        "facts=country"
    ),
    "revising in shadow mode": (
        "2: shadow -> reopened · keep · announce · announce_first · only while owner is 71 · sets "
        "trigger "
        '{"kind":"revised","owner_id":"71","rep":"anna","due_at":null,"told":false,"facts":["country"],"paid":{}}'
        " · drops changes · counts leads_revising · event kind=revising, decision=501-2-a, from=71, "
        "facts=country"
    ),
    "not revised": (
        "2: done -> done · only while owner is 71 · drops revisable revise_until · counts "
        "leads_not_revised · event kind=not_revised, decision=501-2-a, why=work on it has begun"
    ),
    "not revised in bulk, in a queue": (
        "2: queued -> queued · keep · only while owner is nobody · sets revisable · counts "
        "leads_not_revised · event kind=not_revised, decision=501-2-a, why=in bulk"
    ),
    "refreshed": (
        "2: done -> done · only while owner is 71 · sets revisable · counts leads_refreshed · event "
        "kind=refreshed, decision=501-2-a"
    ),
    "compared anew": ("2: queued -> queued · keep · only while owner is nobody · sets revisable"),
    "reopened": (
        "2: queued -> reopened · keep · announce · drops changes revisable revise_until · counts "
        "leads_reopened · event kind=reopened, decision=None"
    ),
    "waited too long": (
        "2: queued -> parked · keep · parked {'why': 'It waited in the queue of idf for 90 days, and "
        "nobody took it.', 'since': 'now', 'fault': 'lead'} · drops changes queued_since revisable "
        "revise_until · counts leads_waited_too_long · event kind=parked, decision=None, why=It "
        "waited in the queue of idf for 90 days, and nobody took it."
    ),
    "claimed in hubspot": (
        "2: queued|reopened -> human · sets owner 99 · drops changes revisable revise_until · counts "
        "leads_claimed_in_hubspot · event kind=claimed_in_hubspot, decision=None, owner_id=99, "
        "rep=ben"
    ),
    "not found, and new": (
        "0: decided|gone|reopened|unknown|waiting -> gone · acknowledges 2 · keep · verify_at_ms "
        "+2000 · sets missing 1 now · counts leads_not_found · event kind=not_found, decision=None"
    ),
    "not found, and decided": (
        "2: decided|gone|reopened|unknown|waiting -> gone · acknowledges 2 · keep · verify_at_ms "
        "+2000 · sets missing 1 now · counts leads_not_found · event kind=not_found, decision=501-2-a"
    ),
    "deleted, in a batch": (
        "2: decided|gone|reopened|unknown|waiting -> gone · acknowledges 2 · refund"
        " · memory person · drops changes missing paid revisable revise_until trigger"
        " · counts leads_gone · event kind=gone"
        ", decision=501-2-a, cause=deleted"
    ),
    "merged, in a batch": (
        "0: decided|gone|reopened|unknown|waiting -> gone · acknowledges 2 · refund · drops changes "
        "missing paid revisable revise_until trigger · counts leads_gone · event kind=gone, "
        "decision=None, cause=merged, merged_into=777"
    ),
    "merged, in a batch, and decided": (
        "2: decided|gone|reopened|unknown|waiting -> gone · acknowledges 2 · refund · drops changes "
        "missing paid revisable revise_until trigger · counts leads_gone · event kind=gone, "
        "decision=501-2-a, cause=merged, merged_into=777"
    ),
    "not found at a look": "2: written -> written · keep · verify_at_ms +2000 · sets missing 1 now",
    "not found at a second look": "2: done -> done · verify_at_ms +5000 · sets missing 2 1795511695000",
    "not found at a third look, too soon": (
        "2: queued -> queued · keep · verify_at_ms +1 · sets missing 3 1795511640001"
    ),
    "not found at a third look": (
        "2: written -> gone · refund · memory person · verify_at_ms +9000000"
        " · drops changes missing paid revisable revise_until trigger · counts leads_gone"
        " · event kind=gone, decision=501-2-a, cause=not_found"
    ),
    "not found at a third look, after a rep had it": (
        "2: human -> gone · memory person · verify_at_ms +9000000"
        " · drops changes missing paid revisable revise_until trigger"
        " · counts leads_deleted · event kind=deleted, decision=501-2-a, cause=not_found"
    ),
    "deleted, at a look": (
        "2: queued -> gone · refund · memory person"
        " · drops changes missing paid revisable revise_until trigger · counts leads_gone"
        " · event kind=gone, decision=None, cause=deleted"
    ),
    "deleted, at a look, after a rep had it": (
        "2: human -> gone · memory person · drops changes missing paid revisable revise_until trigger"
        " · counts leads_deleted"
        " · event kind=deleted, decision=501-2-a, cause=deleted"
    ),
    "merged, and the rep had not begun": (
        "2: done -> gone · refund · paid {'open:ben': 1}"
        " · drops changes missing paid revisable revise_until trigger"
        " · counts leads_gone · event kind=gone, decision=501-2-a, cause=merged, merged_into=777"
    ),
    "merged, and announced again": "2: decided|gone|reopened|unknown|waiting -> gone · acknowledges 2",
    "merged, and it goes on": (
        "2: done -> gone · drops changes missing open_with paid revisable revise_until trigger"
        " · counts leads_moved"
        " · event kind=moved, decision=501-2-a, merged_into=777"
    ),
    "merged, at a look": (
        "2: done -> gone · memory forget · drops changes missing paid revisable revise_until trigger"
        " · counts leads_deleted"
        " · event kind=deleted, decision=501-2-a, cause=merged, merged_into=777"
    ),
    "not corrected": (
        "2: human -> parked · keep · answered"
        " · parked {'why': 'refused', 'since': 'now', 'fault': 'lead'}"
        " · counts leads_parked · event kind=parked, decision=501-2-a, why=refused"
    ),
    "found again": "2: written -> written · keep · drops missing",
    "found again, when done": "2: done -> done · drops missing",
}


@pytest.mark.parametrize("name", MOVES)
def test_a_transition_goes_from_these_states_to_that_one(name: str) -> None:
    assert shown(MOVES[name]()) == TABLE[name]


def test_the_table_says_what_becomes_of_every_move() -> None:
    assert MOVES.keys() == TABLE.keys()


@pytest.mark.parametrize("move", [leads.written, leads.not_reassigned, leads.shadowed, leads.owner_refused])
def test_a_lead_without_a_decision_cannot_move_on_from_one(move: Any) -> None:
    more = {"owner_id": "1"} if move in (leads.not_reassigned, leads.shadowed) else {}
    more |= {"why": "no"} if move is leads.owner_refused else {}

    with pytest.raises(ValueError, match="Lead 501 has no decision, so it cannot move on from one"):
        move(an_item(), now=NOW, **more)


@pytest.mark.parametrize(
    ("ago_s", "fault"), [(0, "lead"), (60, "lead"), (60.001, "outage"), (4_000, "outage")]
)
def test_a_failure_is_the_leads_own_while_another_was_written_within_a_minute(
    ago_s: float, fault: str
) -> None:
    at_ms = epoch_ms(NOW - timedelta(seconds=ago_s))

    assert parking.fault_of("501", LastWrites({"7": at_ms, "501": NOW_MS}), now=NOW) == fault


@pytest.mark.parametrize(
    ("since_s", "look_s"), [(0, 2), (1.999, 0.001), (2, 8), (9, 1), (10, 50), (59, 1), (60, 2), (3_600, 2)]
)
def test_a_contact_that_was_not_found_is_looked_for_after_2_10_and_60_s_and_then_soon(
    since_s: float, look_s: float
) -> None:
    missing = Missing(1, epoch_ms(NOW - timedelta(seconds=since_s)))

    assert gone.next_look_ms(missing, now=NOW) == epoch_ms(NOW + timedelta(seconds=look_s))
