"""Who gets the leads that come after a decision, if they are all like the one that was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.leads.catalog import Owner
from router.policy.people.availability import Reported
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book

_NOTHING_REPORTED: Final[Mapping[str, Reported]] = {}


def turns_from(
    decision: Decision,
    policy: Policy,
    *,
    book: Book,
    owners: Mapping[str, Owner],
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
) -> Iterator[str]:
    """The reps of this lead and of equal ones after it, without end, until one does not go to a rep.

    `book` is the book of shares that this decision was made with, `reported` what was known of availability.
    """
    facts, now = decision.facts, decision.decided_at
    while isinstance(decision.outcome, Assigned) and decision.outcome.rep is not None:
        yield decision.outcome.rep
        book = book.apply(decision.book_changes)
        decision = decide_on_facts(
            policy,
            facts,
            contact_id=decision.contact_id,
            book=book,
            owners=owners,
            now=now,
            reported=reported,
        )
