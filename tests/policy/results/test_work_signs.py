"""What counts as work on a lead: a rep's activity or a status that a person moved, since it was given."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from router.policy.results.work_signs import (
    ANY_ACTIVITY,
    CONTACTED,
    Activity,
    Signs,
    Started,
    StatusMove,
    started,
    without_ours,
)
from tests.world.policies import NOW

BEFORE, AFTER, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (Signs(), None),
        (Signs(last_contacted=BEFORE, last_updated=BEFORE, is_unworked=True), None),
        (Signs(last_contacted=NOW), Started(NOW, "contacted")),
        (Signs(last_contacted=AFTER, last_updated=LATER), Started(AFTER, "contacted")),
        (Signs(last_updated=AFTER), Started(AFTER, "noted")),
        (Signs(is_unworked=True), None),
        (Signs(is_unworked=False), Started(None, "worked")),
        (Signs(is_unworked=False, last_updated=AFTER), Started(AFTER, "noted")),
        # HubSpot counts from the date of the owner, who may have been theirs before we gave them the lead.
        (Signs(is_unworked=False, last_updated=BEFORE), None),
        (Signs(status_moves=(StatusMove(AFTER, by_person=True),)), Started(AFTER, "status moved")),
        (Signs(status_moves=(StatusMove(AFTER, by_person=False),)), None),
        (Signs(status_moves=(StatusMove(BEFORE, by_person=True),)), None),
        (
            Signs(last_contacted=LATER, status_moves=(StatusMove(AFTER, by_person=True),)),
            Started(AFTER, "status moved"),
        ),
    ],
)
def test_the_first_sign_since_the_assignment_counts(signs: Signs, expected: Started | None) -> None:
    assert started(signs, assigned_at=NOW) == expected


@pytest.mark.parametrize(
    ("started_when", "by_contact", "by_note"),
    [(ANY_ACTIVITY, True, True), (CONTACTED, True, False), (frozenset({"note"}), False, True)],
)
def test_only_activities_that_are_named_count(
    started_when: frozenset[Activity], by_contact: bool, by_note: bool
) -> None:
    def begun(signs: Signs) -> bool:
        return started(signs, assigned_at=NOW, started_when=started_when) is not None

    assert begun(Signs(last_contacted=AFTER)) is by_contact
    assert begun(Signs(last_updated=AFTER)) is by_note
    assert begun(Signs(is_unworked=False)) is by_note
    assert begun(Signs(status_moves=(StatusMove(AFTER, by_person=True),)))


@pytest.mark.parametrize(
    ("last_updated", "found"),
    [
        (AFTER, None),
        (AFTER + timedelta(minutes=2), None),
        (AFTER + timedelta(minutes=3), Started(AFTER + timedelta(minutes=3), "noted")),
    ],
)
def test_a_task_of_ours_is_no_work_on_the_lead(last_updated: datetime, found: Started | None) -> None:
    signs = without_ours(Signs(last_updated=last_updated, is_unworked=False), [AFTER])

    assert started(signs, assigned_at=NOW) == found
    assert started(Signs(last_contacted=AFTER), assigned_at=NOW) is not None


def test_a_rep_who_answers_at_the_very_moment_of_the_assignment_has_answered() -> None:
    assert started(Signs(last_contacted=NOW), assigned_at=NOW) is not None
    assert started(Signs(last_contacted=NOW - datetime.resolution), assigned_at=NOW) is None
