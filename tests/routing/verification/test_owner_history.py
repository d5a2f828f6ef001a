"""Whose choice stands, read from HubSpot's history and from what we sent: a table, without our clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from router.hubspot.api.records import HistoryEntry
from router.hubspot.properties import DECISION_ID, OWNER, STATUS
from router.routing.verification.owner_history import (
    RightfulOwner,
    covered_status,
    rightful_owner,
    was_applied,
)
from router.store.sends.send import Send
from router.timestamps import epoch_ms

READ = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""HubSpot's moment of the record's last change when our decision read it."""
APP, OTHER_APP = "10457515", "777"


def ours(value: str, *, at_s: float, app: str = APP) -> HistoryEntry:
    return HistoryEntry(value, READ + timedelta(seconds=at_s), "INTEGRATION", app)


def theirs(value: str, *, at_s: float) -> HistoryEntry:
    return HistoryEntry(value, READ + timedelta(seconds=at_s), "CRM_UI", "userId:1")


def sent(owner: str, *, episode: int = 0, expected: str | None = "", seen_s: float | None = 0) -> Send:
    seen_ms = 0 if seen_s is None else epoch_ms(READ + timedelta(seconds=seen_s))
    return Send(episode, owner, expected, seen_ms, decision_id=f"501-{episode}-00000000")


def given_back(owner: str, *, covered: str, episode: int = 0, seen_s: float = 0) -> Send:
    return Send(episode, owner, covered, epoch_ms(READ + timedelta(seconds=seen_s)))


def judged(history: Sequence[HistoryEntry], *sends: Send, apps: Sequence[str] = (APP,)) -> RightfulOwner:
    """The verdict on a history, newest first; our app wrote the decision's id as `apps`."""
    ids = [ours("501-0-00000000", at_s=1, app=app) for app in apps]
    return rightful_owner({OWNER: history, STATUS: (), DECISION_ID: ids}, sends)


FIRST = (sent("A"),)
AGAIN = (sent("A"), sent("A", episode=1, expected="A", seen_s=50))
MOVED = (sent("A"), sent("B", episode=1, expected="A", seen_s=50))
FROM_A_PERSON = (sent("A"), sent("C", episode=1, expected="B", seen_s=50))
RESTORED = (sent("A"), given_back("B", covered="A"))

STANDS = {
    "ours, alone": ([ours("A", at_s=1)], FIRST, "A"),
    "ours, after a removal that we had seen": (
        [ours("A", at_s=2), theirs("", at_s=-1), theirs("X", at_s=-9)],
        FIRST,
        "A",
    ),
    "ours, after a removal at the very moment of our read": (
        [ours("A", at_s=2), theirs("", at_s=0), theirs("X", at_s=-9)],
        FIRST,
        "A",
    ),
    "what was given back, where the history of the choice is gone": (
        [ours("B", at_s=9), ours("A", at_s=2)],
        RESTORED,
        "B",
    ),
    "theirs, after ours": ([theirs("B", at_s=3), ours("A", at_s=2)], FIRST, "B"),
    "theirs, a removal after ours": ([theirs("", at_s=3), ours("A", at_s=2)], FIRST, ""),
    "the same value from a person before ours": ([theirs("A", at_s=1)], FIRST, "A"),
    "nobody's": ([], FIRST, ""),
    "ours once more": ([ours("A", at_s=1)], AGAIN, "A"),
    "ours after ours": ([ours("B", at_s=60), ours("A", at_s=1)], MOVED, "B"),
    "ours after an earlier one that was late": (
        [ours("B", at_s=60), ours("A", at_s=55)],
        MOVED,
        "B",
    ),
    "ours, taken from a person's choice that we had seen": (
        [ours("C", at_s=60), theirs("B", at_s=40), ours("A", at_s=1)],
        FROM_A_PERSON,
        "C",
    ),
    "theirs, given back": (
        [ours("B", at_s=9), ours("A", at_s=2), theirs("B", at_s=1)],
        RESTORED,
        "B",
    ),
    "another app's choice of the same rep": (
        [ours("A", at_s=9, app=OTHER_APP), theirs("B", at_s=5), ours("A", at_s=2)],
        FIRST,
        "A",
    ),
    "what was there, where it is not known what we expected": (
        [ours("C", at_s=900), theirs("B", at_s=1)],
        (sent("C", episode=2, expected=None, seen_s=None),),
        "C",
    ),
}


@pytest.mark.parametrize(("history", "sends", "owner"), STANDS.values(), ids=STANDS)
def test_what_is_on_the_record_stands(
    history: list[HistoryEntry], sends: tuple[Send, ...], owner: str
) -> None:
    found = judged(history, *sends)

    assert (found.owner_id, found.is_present, found.covered_by) == (owner, True, None)


def test_a_person_who_wrote_our_decisions_id_is_not_our_app() -> None:
    ids = [theirs("501-0-00000000", at_s=1)]
    history = [ours("A", at_s=9, app=OTHER_APP), theirs("B", at_s=5)]

    found = rightful_owner({OWNER: history, STATUS: (), DECISION_ID: ids}, FIRST)

    assert (found.owner_id, found.is_present) == ("B", False)


def test_a_person_is_never_taken_for_us_even_where_our_app_is_not_known() -> None:
    """A record whose decision's id was never written: any integration may be ours, and no person."""
    history = [theirs("A", at_s=9), theirs("B", at_s=5), ours("A", at_s=2)]

    found = judged(history, *FIRST, apps=())

    assert (found.owner_id, found.send, found.is_present) == ("A", None, True)


COVERED = {
    "a choice between our read and our write": (
        [ours("A", at_s=2), theirs("B", at_s=1)],
        FIRST,
        "B",
    ),
    "a choice over ours, covered by the same write applied again": (
        [ours("A", at_s=25), theirs("B", at_s=5), ours("A", at_s=2)],
        FIRST,
        "B",
    ),
    "a removal after our read": ([ours("A", at_s=25), theirs("", at_s=5), ours("A", at_s=2)], FIRST, ""),
    "a choice covered twice": (
        [ours("A", at_s=9), ours("A", at_s=8), theirs("B", at_s=5)],
        FIRST,
        "B",
    ),
    "the owner whom we took it from, chosen again": (
        [ours("B", at_s=90), theirs("A", at_s=70), ours("B", at_s=60), ours("A", at_s=1)],
        MOVED,
        "A",
    ),
    "a choice between giving back and its being applied": (
        [ours("B", at_s=9), theirs("C", at_s=5), ours("A", at_s=2), theirs("B", at_s=1)],
        RESTORED,
        "C",
    ),
    "a choice covered by our earliest write, after a later one": (
        [ours("A", at_s=90), theirs("D", at_s=80), ours("C", at_s=60), theirs("B", at_s=40)],
        FROM_A_PERSON,
        "D",
    ),
    "a choice just before a write of which nothing is known": (
        [ours("C", at_s=9), theirs("B", at_s=1)],
        (sent("C", episode=2, expected=None, seen_s=None),),
        "B",
    ),
    "a choice a minute before a write of which nothing is known": (
        [ours("C", at_s=61), theirs("B", at_s=1)],
        (sent("C", episode=2, expected=None, seen_s=None),),
        "B",
    ),
    "a choice before a first decision of which nothing is known": (
        [ours("A", at_s=900), theirs("B", at_s=1)],
        (sent("A", seen_s=None),),
        "B",
    ),
}


@pytest.mark.parametrize(("history", "sends", "owner"), COVERED.values(), ids=COVERED)
def test_a_choice_that_we_covered_is_the_rightful_one(
    history: list[HistoryEntry], sends: tuple[Send, ...], owner: str
) -> None:
    found = judged(history, *sends)

    assert (found.owner_id, found.is_present, found.send) == (owner, False, None)
    assert found.covered_by is not None


def test_a_late_write_of_an_earlier_decision_does_not_stand_over_a_later_one() -> None:
    found = judged([ours("A", at_s=90), ours("B", at_s=60)], *MOVED)

    assert (found.owner_id, found.is_present, found.send) == ("B", False, MOVED[1])
    assert found.covered_by is None


def test_before_any_id_of_ours_is_on_the_record_every_app_with_our_value_is_ours() -> None:
    history = [ours("A", at_s=9, app=OTHER_APP), theirs("B", at_s=5)]

    assert not judged(history, *FIRST, apps=()).is_present


@pytest.mark.parametrize("minutes", [-600, -4, 4, 600])
def test_our_clock_plays_no_part(minutes: float) -> None:
    """Whenever we believe to have sent: HubSpot's moments alone say what came first."""
    at_ms = epoch_ms(READ + timedelta(minutes=minutes))
    send = Send(0, "A", "", epoch_ms(READ), decision_id="501-0-00000000", sent_at_ms=at_ms)

    found = judged([ours("A", at_s=2), theirs("B", at_s=1)], send)

    assert (found.owner_id, found.is_present) == ("B", False)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([ours("NEW", at_s=2), theirs("CONNECTED", at_s=1)], "CONNECTED"),
        ([ours("NEW", at_s=2), theirs("CONNECTED", at_s=-1)], None),
        ([ours("NEW", at_s=2), theirs("CONNECTED", at_s=0)], None),
        ([ours("NEW", at_s=2), ours("OPEN", at_s=1, app=OTHER_APP)], "OPEN"),
        ([ours("NEW", at_s=2, app=OTHER_APP), theirs("CONNECTED", at_s=1)], None),
        ([theirs("CONNECTED", at_s=3), ours("NEW", at_s=2)], None),
        ([ours("NEW", at_s=2), theirs("", at_s=1)], None),
        ([ours("NEW", at_s=2), ours("OPEN", at_s=1)], None),
        ([ours("NEW", at_s=2)], None),
        ([], None),
    ],
)
def test_the_status_that_a_person_set_with_their_choice_is_found(
    statuses: list[HistoryEntry], status: str | None
) -> None:
    ids = [ours("501-0-00000000", at_s=2)]

    assert covered_status({OWNER: (), STATUS: statuses, DECISION_ID: ids}, sent("A")) == status


APPLIED = {
    "it is there": ([ours("A", at_s=1)], sent("A"), True),
    "somebody chose after it": ([theirs("B", at_s=3)], sent("A"), True),
    "somebody took the owner away after our read": (
        [theirs("", at_s=1), theirs("B", at_s=-9)],
        sent("A"),
        True,
    ),
    "nothing was ever written": ([], sent("A"), False),
    "all is as we had read it": ([theirs("", at_s=-1), theirs("B", at_s=-9)], sent("A"), False),
    "all is as the second decision had read it": ([ours("A", at_s=1)], MOVED[1], False),
    "all is as we had read it at that very moment": ([theirs("", at_s=0)], sent("A"), False),
    "it is not known what we had read": ([theirs("", at_s=-1)], sent("A", seen_s=None), True),
    "an owner who was there and whose history is gone": ([], MOVED[1], True),
}


@pytest.mark.parametrize(("history", "send", "applied"), APPLIED.values(), ids=APPLIED)
def test_a_send_was_not_applied_if_all_is_as_its_decision_had_read_it(
    history: list[HistoryEntry], send: Send, applied: bool
) -> None:
    assert was_applied(history, send) is applied
