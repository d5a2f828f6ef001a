"""What each lead of a batch needs, by its state and its record: a table, without Redis, portal or ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from router.deadlines import CLAIM_HELD_FOR
from router.hubspot.api.records import ReadAnswer, Record
from router.hubspot.properties import DECISION_ID, OWNER
from router.policy.decision.trigger import Pushed, Reassigned, Trigger, trigger_as_record
from router.routing.intake.classify import BatchPlan, classify, is_late_write_of_ours
from router.routing.intake.recall import sort_recalled
from router.routing.intake.work_item import WorkItem
from router.store import lead_fields
from router.store.inbox.inbox import InboxEntry
from router.store.leads.leads import LeadState, State
from router.store.sends.send import Send, as_text
from router.timestamps import epoch_ms

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
OURS, THEIRS = "71", "99"


def an_entry(**more: Any) -> InboxEntry:
    given = {"stream": "inbox", "id": "1-0", "contact_id": "501", "occurred_at_ms": 0, "deliveries": 1}
    return InboxEntry(**{**given, **more})


def a_state(state: State = State.DECIDED, **more: Any) -> LeadState:
    given = {"owner_id": OURS, "expected_owner_id": "", "decision_id": "501-0-a", "at_ms": 0}
    return LeadState("501", 0, state, **{**given, **more})


def an_item(**more: Any) -> WorkItem:
    return WorkItem("501", (an_entry(),), **more)


def a_record(owner: str = "", decision: str = "", **more: Any) -> Record:
    return Record("501", {OWNER: owner, DECISION_ID: decision}, **more)


def what_became(plan: BatchPlan) -> list[str]:
    """Which list the lead is in, or which event its transition leaves."""
    found = [name for name in ("to_decide", "to_write", "unread") if getattr(plan, name)]
    return found + [str(one.event["kind"]) for one in plan.transitions if one.event]


LATE: dict[str, Any] = {
    "sends": (Send(0, "42", "", 0, decision_id="501-0-a"),),
    "unanswered_at_ms": 1,
}
UPDATED_MS = 1_795_511_699_000
REASSIGNED = Reassigned("71", "anna", "nobody acted", "test")

TABLE = {
    "a new lead": (an_item(), a_record(), "to_decide"),
    "a new lead that somebody owns": (an_item(), a_record(THEIRS), "owned_already"),
    "reopened, and nobody's": (an_item(state=a_state(State.REOPENED)), a_record(), "to_decide"),
    "reopened, and a person's by now": (
        an_item(state=a_state(State.REOPENED)),
        a_record(THEIRS),
        "taken_by_a_person",
    ),
    "reassigned, and still its owner's": (
        an_item(state=a_state(State.REOPENED), trigger=REASSIGNED),
        a_record(OURS),
        "to_decide",
    ),
    "reassigned, and another's by now": (
        an_item(state=a_state(State.REOPENED), trigger=REASSIGNED),
        a_record(THEIRS),
        "not_reassigned",
    ),
    "an owner was refused": (an_item(state=a_state(), refused=True), a_record(), "to_decide"),
    "decided, not on the record": (an_item(state=a_state()), a_record(), "to_write"),
    "decided, and on the record": (an_item(state=a_state()), a_record(OURS, "501-0-a"), "written"),
    "decided, the owner alone is there": (an_item(state=a_state()), a_record(OURS), "to_write"),
    "decided, a person was first": (an_item(state=a_state()), a_record(THEIRS), "taken_by_a_person"),
    "decided and written, and a person cleared the owner": (
        an_item(state=a_state()),
        a_record("", "501-0-a"),
        "taken_by_a_person",
    ),
    "merged": (an_item(), a_record(merged_into="502"), "gone"),
    "decided again, and a late write of the decision before": (
        an_item(state=a_state(decision_id="501-1-b", expected_owner_id="", **LATE)),
        a_record("42", "501-0-a"),
        "to_write",
    ),
    "decided again, and a person chose that owner": (
        an_item(state=a_state(decision_id="501-1-b", expected_owner_id="")),
        a_record("42", "501-0-a"),
        "taken_by_a_person",
    ),
    "reassigned, and a late write of the decision before": (
        an_item(state=a_state(State.REOPENED, **LATE), trigger=REASSIGNED),
        a_record("42", "501-0-a"),
        "to_decide",
    ),
    "decided to replace an owner, and a late write of the decision before": (
        an_item(state=a_state(decision_id="501-1-b", expected_owner_id="55", **LATE)),
        a_record("42", "501-0-a"),
        "to_write",
    ),
    "reopened, and a late write of the decision before": (
        an_item(state=a_state(State.REOPENED, expected_owner_id="55", **LATE)),
        a_record("42", "501-0-a"),
        "to_decide",
    ),
    "given up, and announced again": (an_item(state=a_state(State.GONE)), a_record(), "to_decide"),
    "given up, announced again, with an owner": (
        an_item(state=a_state(State.GONE)),
        a_record(THEIRS),
        "owned_already",
    ),
}


@pytest.mark.parametrize(("item", "record", "wanted"), TABLE.values(), ids=TABLE)
def test_a_lead_that_was_read(item: WorkItem, record: Record, wanted: str) -> None:
    read = replace(record, updated_at_ms=UPDATED_MS)

    plan = classify([item], ReadAnswer({"501": read}, {}), shadow=False, now=NOW)

    assert what_became(plan) == [wanted]
    assert plan.to_decide + plan.to_write in ([], [replace(item, seen_ms=UPDATED_MS)])


@pytest.mark.parametrize(
    "name", [name for name, row in TABLE.items() if row[1].properties.get(OWNER) == THEIRS]
)
def test_the_owner_that_the_record_shows_is_kept(name: str) -> None:
    item, record, _ = TABLE[name]

    (move,) = classify([item], ReadAnswer({"501": record}, {}), shadow=False, now=NOW).transitions

    assert move.set[lead_fields.OWNER] == THEIRS
    assert move.event is not None
    assert move.event["owner_id"] == THEIRS


def test_an_owner_that_a_lost_write_of_ours_chose_is_verified() -> None:
    answer = ReadAnswer({"501": a_record(THEIRS, "501-0-0a1b2c3d")}, {})

    (move,) = classify([an_item()], answer, shadow=False, now=NOW).transitions

    assert move.set[lead_fields.SENDS] == as_text(Send(0, THEIRS, "", 0, decision_id="501-0-0a1b2c3d"))
    assert move.verify_at_ms == epoch_ms(NOW)


@pytest.mark.parametrize("decision", ["", "imported", "502-0-0a1b2c3d"])
def test_an_owner_without_a_decision_of_ours_is_not_verified(decision: str) -> None:
    answer = ReadAnswer({"501": a_record(THEIRS, decision)}, {})

    (move,) = classify([an_item()], answer, shadow=False, now=NOW).transitions

    assert (move.set, move.verify_at_ms) == ({lead_fields.OWNER: THEIRS}, None)


@pytest.mark.parametrize(
    ("more", "record", "late"),
    [
        ({}, a_record("42", "501-0-a"), True),
        ({"unanswered_at_ms": 0}, a_record("42", "501-0-a"), False),
        ({}, a_record("42", "501-7-z"), False),
        ({}, a_record("43", "501-0-a"), False),
        ({"expected_owner_id": "42"}, a_record("42", "501-0-a"), False),
        ({"decision_id": "501-0-a"}, a_record("42", "501-0-a"), False),
        ({"sends": (Send(0, "", "71", 0, decision_id="501-0-a"),)}, a_record("", "501-0-a"), False),
        (
            {"expected_owner_id": "71", "sends": (Send(0, "", "71", 0, decision_id="501-0-a"),)},
            a_record("", "501-0-a"),
            True,
        ),
        # A new decision expects nobody, whoever the last one expected.
        ({"state": State.REOPENED, "expected_owner_id": "42"}, a_record("42", "501-0-a"), True),
    ],
)
def test_a_late_write_of_ours_is_told_by_owner_decision_and_doubt(
    more: dict[str, Any], record: Record, late: bool
) -> None:
    item = an_item(state=a_state(**{"decision_id": "501-1-b", **LATE, **more}))

    assert is_late_write_of_ours(item, record) is late


SHADOW = {
    "a new lead that somebody owns is decided all the same": (an_item(), a_record(THEIRS), "to_decide"),
    "a reassignment is off": (
        an_item(state=a_state(State.REOPENED), trigger=REASSIGNED),
        a_record(OURS),
        "not_reassigned",
    ),
    "what was decided before is never written": (an_item(state=a_state()), a_record(), "shadowed"),
    "what was decided before, half of it there": (an_item(state=a_state()), a_record(OURS), "shadowed"),
}


@pytest.mark.parametrize(("item", "record", "wanted"), SHADOW.values(), ids=SHADOW)
def test_in_shadow_mode(item: WorkItem, record: Record, wanted: str) -> None:
    plan = classify([item], ReadAnswer({"501": record}, {}), shadow=True, now=NOW)

    assert what_became(plan) == [wanted]
    told = [one.event["owner_id"] for one in plan.transitions if one.event]
    assert told in ([], [record.properties[OWNER] or None])


@pytest.mark.parametrize(("missing", "wanted"), [("gone", "not_found"), ("unknown", "unread")])
def test_a_lead_that_hubspot_did_not_answer_for(missing: Any, wanted: str) -> None:
    plan = classify([an_item()], ReadAnswer({}, {"501": missing}), shadow=False, now=NOW)

    assert what_became(plan) == [wanted]
    assert plan.unread in ([], [an_item()])


def test_a_merged_contact_is_announced_under_its_new_id() -> None:
    answer = ReadAnswer({"501": a_record(merged_into="502")}, {})

    plan = classify([an_item()], answer, shadow=False, now=NOW)

    assert plan.survivors == {"502": answer.records["501"]}
    assert plan.merged == []


def test_a_merged_lead_that_was_to_be_decided_once_more_is_settled_apart() -> None:
    item = an_item(state=a_state(State.REOPENED))
    answer = ReadAnswer({"501": a_record(merged_into="502")}, {})

    plan = classify([item], answer, shadow=False, now=NOW)

    assert (plan.merged, plan.survivors, plan.transitions) == ([item], {}, [])


RECALLED = {
    "new": (an_entry(), None, "to_route"),
    "done already": (an_entry(), a_state(State.DONE), "finished"),
    "decided on this entry": (an_entry(), a_state(entry_id="1-0"), "to_route"),
    "decided on another entry": (an_entry(), a_state(entry_id="9-0"), "held_elsewhere"),
    "claimed nine times": (an_entry(deliveries=9), None, "hopeless"),
    "claimed eight times": (an_entry(deliveries=8), None, "to_route"),
}


@pytest.mark.parametrize(("entry", "state", "group"), RECALLED.values(), ids=RECALLED)
def test_a_claimed_entry(entry: InboxEntry, state: LeadState | None, group: str) -> None:
    states = {"501": state} if state else {}

    recalled = sort_recalled([entry], states, now_ms=1, most_tries=8)

    assert [
        name for name in ("to_route", "finished", "held_elsewhere", "hopeless") if getattr(recalled, name)
    ] == [group]


def test_a_decision_that_nobody_finished_is_free_after_five_leases() -> None:
    states = {"501": a_state(entry_id="9-0", at_ms=epoch_ms(NOW))}
    over = epoch_ms(NOW + CLAIM_HELD_FOR)

    held = sort_recalled([an_entry()], states, now_ms=over - 1, most_tries=8)
    free = sort_recalled([an_entry()], states, now_ms=over, most_tries=8)

    assert (len(held.held_elsewhere), len(free.to_route)) == (1, 1)


def test_why_a_lead_is_decided_again_is_read_from_its_state() -> None:
    states = {"501": a_state(State.REOPENED, trigger=trigger_as_record(REASSIGNED), released_by=("anna",))}

    (item,) = sort_recalled([an_entry()], states, now_ms=1, most_tries=8).to_route

    assert (item.trigger, item.excluded, item.expected_owner_id) == (REASSIGNED, {"anna"}, "71")
    assert item.request().episode == 1


@pytest.mark.parametrize(
    ("state", "trigger", "excluded"),
    [
        (None, None, frozenset()),
        (a_state(State.REOPENED, released_by=("anna",)), Pushed(), {"anna"}),
        (a_state(released_by=("anna",)), None, frozenset()),
        (a_state(State.GONE, trigger=trigger_as_record(REASSIGNED)), None, frozenset()),
    ],
)
def test_a_recalled_lead_names_its_contact_its_trigger_and_who_must_not_get_it(
    state: LeadState | None, trigger: Trigger | None, excluded: frozenset[str]
) -> None:
    (item,) = sort_recalled([an_entry()], {"501": state} if state else {}, now_ms=1, most_tries=8).to_route

    assert (item.contact_id, item.trigger, item.excluded) == ("501", trigger, excluded)


def test_a_decision_whose_entry_is_not_known_is_not_held_elsewhere() -> None:
    recalled = sort_recalled([an_entry()], {"501": a_state(entry_id="")}, now_ms=1, most_tries=8)

    assert len(recalled.to_route) == 1
