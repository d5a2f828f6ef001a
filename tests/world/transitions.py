"""Every transition that a lead can make, each once or more: what its table and its completeness test read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from router.hubspot.properties import SCORE
from router.policy.decision.trigger import Reassigned, Revised
from router.routing.intake.transitions import gone, leads, owned, parking, queued, revised
from router.routing.intake.work_item import WorkItem
from router.store.inbox.inbox import InboxEntry
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, Missing, State
from router.store.leads.revisable import Revisable
from router.store.sends.send import Send
from router.store.shared.recent_writes import LastWrites
from router.timestamps import epoch_ms

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
NOW_MS = epoch_ms(NOW)
NIGHT_MS = NOW_MS + 9_000_000
REVISED = Revised("71", "anna", ("country",))
KEPT = Revisable(NOW_MS - 2_500, 7, "r", "a rule", "t", "assigned", 0, "hot", looks=True)
TAKEN = Reassigned("99", "ben", "nobody acted", "test")


def a_state(state: State = State.DECIDED, **more: Any) -> LeadState:
    given: dict[str, Any] = {"owner_id": "71", "expected_owner_id": "", "decision_id": "501-2-a", "at_ms": 0}
    return LeadState("501", 2, state, **{**given, **more})


def an_item(state: LeadState | None = None, **more: Any) -> WorkItem:
    entries = (
        InboxEntry("inbox", "1-0", "501", NOW_MS - 2_500, 1),
        InboxEntry("inbox", "2-0", "501", NOW_MS - 500, 1),
    )
    return WorkItem("501", entries, state=state, **more)


WAITS = {"queue": "idf", "owner_id": "", "changes": {SCORE: "87"}}
LATE = Send(1, "42", "", 7, decision_id="501-1-a", sent_at_ms=NOW_MS)
SECOND_LOOK = Missing(1, NOW_MS - 5_000)
LAST_LOOK = Missing(2, NOW_MS - 60_000)
TOO_SOON = Missing(2, NOW_MS - 59_999)
WRITTEN_JUST_NOW, WRITTEN_LONG_AGO = (LastWrites({"7": NOW_MS - ago}) for ago in (60_000, 60_001))

MOVES: dict[str, Callable[[], Transition]] = {
    "written, as HubSpot confirms": lambda: leads.written(an_item(a_state()), answered=True, now=NOW),
    "written, and announced by a clock that is ahead": lambda: leads.written(
        WorkItem("501", (InboxEntry("inbox", "1-0", "501", NOW_MS + 9, 1),), state=a_state()), now=NOW
    ),
    "written, as the record shows": lambda: leads.written(
        an_item(a_state(assignment={"look": NOW_MS + 9}), trigger=TAKEN), now=NOW
    ),
    "written, and nobody's": lambda: leads.written(an_item(a_state(owner_id="")), now=NOW),
    "written, and it waits": lambda: leads.written(an_item(a_state(**WAITS)), answered=True, now=NOW),
    "given back to its queue": lambda: leads.written(
        an_item(a_state(**WAITS, expected_owner_id="71", queued_since_ms=5)), now=NOW
    ),
    "written to nobody, in doubt": lambda: leads.written(
        an_item(a_state(owner_id="", unanswered_at_ms=1)), now=NOW
    ),
    "not reassigned": lambda: leads.not_reassigned(
        an_item(a_state(State.REOPENED), trigger=TAKEN), owner_id="99", now=NOW
    ),
    "not reassigned, and decided": lambda: leads.not_reassigned(
        an_item(a_state(), trigger=TAKEN), owner_id="", now=NOW
    ),
    "not reassigned, and why is not known": lambda: leads.not_reassigned(
        an_item(a_state()), owner_id="99", now=NOW
    ),
    "shadowed": lambda: leads.shadowed(an_item(a_state()), owner_id="", now=NOW),
    "owned already": lambda: leads.owned_already(an_item(), owner_id="99", now=NOW),
    "owned already, by a write that was lost": lambda: leads.owned_already(
        an_item(a_state()), owner_id="42", lost=LATE, now=NOW
    ),
    "taken by a person": lambda: leads.taken_by_a_person(an_item(a_state()), owner_id="99", now=NOW),
    "owner refused": lambda: leads.owner_refused(an_item(a_state()), why="archived", now=NOW),
    "parked": lambda: leads.parked(an_item(), why="no", now=NOW),
    "refused beside others": lambda: parking.refused(
        an_item(a_state()), LastWrites({"7": NOW_MS - 9}), why="no", asked_at_ms=NOW_MS - 9, now=NOW
    ),
    "refused before any other was written": lambda: parking.refused(
        an_item(a_state()), LastWrites({"7": NOW_MS - 10}), why="no", asked_at_ms=NOW_MS - 9, now=NOW
    ),
    "refused again, and another was written between": lambda: parking.refused(
        an_item(a_state(refused_at_ms=NOW_MS - 99)),
        LastWrites({"7": NOW_MS - 10}),
        why="no",
        asked_at_ms=NOW_MS - 9,
        now=NOW,
    ),
    "refused, and only it was written": lambda: parking.refused(
        an_item(), LastWrites({"501": NOW_MS}), why="no", asked_at_ms=NOW_MS - 9, now=NOW
    ),
    "given up while others are written": lambda: parking.given_up(an_item(), WRITTEN_JUST_NOW, now=NOW),
    "given up, and only it was written": lambda: parking.given_up(
        an_item(), LastWrites({"501": NOW_MS}), now=NOW
    ),
    "given up in an outage": lambda: parking.given_up(an_item(a_state()), WRITTEN_LONG_AGO, now=NOW),
    "reassigning": lambda: owned.reassigning(
        "501", episode=2, taken=TAKEN, excluded=("ben", "lea"), times_taken=3, now=NOW
    ),
    "reassigning a lead without state": lambda: owned.reassigning(
        "501", episode=None, taken=TAKEN, excluded=(), times_taken=None, now=NOW
    ),
    "owner changed": lambda: owned.owner_changed(a_state(State.DONE), owner_id="99", by="a person", now=NOW),
    "owner cleared": lambda: owned.owner_changed(
        a_state(State.DONE, owner_id=""), owner_id="", by="us", now=NOW
    ),
    "given back": lambda: owned.given_back(a_state(State.WRITTEN), owner_id="99", now=NOW),
    "given back, long after": lambda: owned.given_back(a_state(State.HUMAN), owner_id="", now=NOW),
    "written again": lambda: owned.written_again(a_state(State.WRITTEN), owner_id="71", now=NOW),
    "written again, when done": lambda: owned.written_again(a_state(State.DONE), owner_id="", now=NOW),
    "not corrected": lambda: owned.not_corrected(a_state(State.HUMAN), why="refused", now=NOW),
    "verified": lambda: owned.verified(a_state(State.WRITTEN)),
    "verified, in doubt": lambda: owned.verified(a_state(State.WRITTEN, unanswered_at_ms=1)),
    "changed by a person": lambda: owned.changed_by_a_person(a_state(State.WRITTEN), owner_id="99", now=NOW),
    "written, and its facts were open": lambda: leads.written(
        an_item(a_state(revisable=KEPT, revise_until_ms=NOW_MS + 900_000)), now=NOW
    ),
    "revising": lambda: revised.revising(a_state(State.DONE), REVISED, now=NOW),
    "revising in shadow mode": lambda: revised.revising(a_state(State.SHADOW), REVISED, now=NOW),
    "not revised": lambda: revised.not_revised(a_state(State.DONE), why="work on it has begun", now=NOW),
    "not revised in bulk, in a queue": lambda: revised.not_revised(
        a_state(State.QUEUED, owner_id=""), why="in bulk", kept=KEPT, now=NOW
    ),
    "refreshed": lambda: revised.compared_anew(a_state(State.DONE), KEPT, is_shown=True, now=NOW),
    "compared anew": lambda: revised.compared_anew(
        a_state(State.QUEUED, owner_id=""), KEPT, is_shown=False, now=NOW
    ),
    "reopened": lambda: queued.reopened("501", episode=2, now=NOW),
    "waited too long": lambda: queued.waited_too_long("501", episode=2, team="idf", days=90, now=NOW),
    "claimed in hubspot": lambda: queued.claimed_in_hubspot(
        "501", episode=2, owner_id="99", rep="ben", now=NOW
    ),
    "not found, and new": lambda: gone.of_item(an_item(), now=NOW),
    "not found, and decided": lambda: gone.of_item(an_item(a_state()), now=NOW),
    "deleted, in a batch": lambda: gone.of_item(an_item(a_state(deleted=True)), now=NOW),
    "merged, in a batch": lambda: gone.of_item(an_item(), now=NOW, merged_into="777"),
    "merged, in a batch, and decided": lambda: gone.of_item(an_item(a_state()), now=NOW, merged_into="777"),
    "not found at a look": lambda: gone.not_found(a_state(State.WRITTEN), now=NOW, night_ms=NIGHT_MS),
    "not found at a second look": lambda: gone.not_found(
        a_state(State.DONE, missing=SECOND_LOOK), now=NOW, night_ms=NIGHT_MS
    ),
    "not found at a third look, too soon": lambda: gone.not_found(
        a_state(State.QUEUED, missing=TOO_SOON), now=NOW, night_ms=NIGHT_MS
    ),
    "not found at a third look": lambda: gone.not_found(
        a_state(State.WRITTEN, missing=LAST_LOOK), now=NOW, night_ms=NIGHT_MS
    ),
    "not found at a third look, after a rep had it": lambda: gone.not_found(
        a_state(State.HUMAN, missing=LAST_LOOK), now=NOW, night_ms=NIGHT_MS
    ),
    "deleted, at a look": lambda: gone.not_found(
        a_state(State.QUEUED, deleted=True), now=NOW, night_ms=NIGHT_MS
    ),
    "deleted, at a look, after a rep had it": lambda: gone.not_found(
        a_state(State.HUMAN, deleted=True), now=NOW, night_ms=NIGHT_MS
    ),
    "merged, at a look": lambda: gone.merged(a_state(State.DONE), into="777", now=NOW),
    "merged, and the rep had not begun": lambda: gone.merged(
        a_state(State.DONE), into="777", now=NOW, paid={"open:ben": 1}
    ),
    "merged, and announced again": lambda: gone.of_item(
        an_item(a_state(State.GONE)), now=NOW, merged_into="777"
    ),
    "merged, and it goes on": lambda: gone.moved(a_state(State.DONE), into="777", now=NOW),
    "found again": lambda: gone.found(a_state(State.WRITTEN, missing=SECOND_LOOK)),
    "found again, when done": lambda: gone.found(a_state(State.DONE, missing=SECOND_LOOK)),
}
