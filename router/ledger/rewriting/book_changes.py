"""The column `decisions.book_changes`: what a decision added to the book of shares.

Rows of earlier versions have it only inside `record`, which holds everything else too: reading all of them is
most of the time that an emptied Redis waits for its book.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, and_, case, null, or_

from router.ledger.tables import DECISIONS
from router.policy.explanation.decision_record import paid_in

LACKING: Final = DECISIONS.c.book_changes.is_(None)
REVISED: Final = and_(
    DECISIONS.c.episode > 0, DECISIONS.c.record.contains('"kind":"revised"', autoescape=True)
)
"""Decisions that revised the one before; hardly any other decision's record has these words."""
COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    DECISIONS.c.book_changes,
    case((or_(LACKING, REVISED), DECISIONS.c.record), else_=null()).label("record"),
)
"""The columns that `changes_in` and `refundable_in` read: the large record only where they need it."""


def book_changes_of(record: str) -> str:
    """The column's text for a decision's record (JSON); the first versions recorded no changes."""
    return orjson.dumps(orjson.loads(record).get("book_changes", {})).decode()


def changes_in(book_changes: str | None, record: str | None) -> dict[str, int]:
    """A decision's additions by field of the book, from its `COLUMNS` in either form."""
    if book_changes is not None:
        return orjson.loads(book_changes)  # type: ignore[no-any-return]
    return orjson.loads(record or "{}").get("book_changes", {})  # type: ignore[no-any-return]


def refundable_in(book_changes: str | None, record: str | None) -> Mapping[str, int]:
    """What a refund of the decision takes back, from its `COLUMNS`."""
    return changes_in(book_changes, record) if record is None else paid_in(orjson.loads(record))
