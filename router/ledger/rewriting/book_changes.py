"""The column `decisions.book_changes`: what a decision added to the book of shares.

Rows of earlier versions have it only inside `record`, which holds everything else too: reading all of them is
most of the time that an emptied Redis waits for its book.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, case, null

from router.ledger.tables import DECISIONS

LACKING: Final = DECISIONS.c.book_changes.is_(None)
COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    DECISIONS.c.book_changes,
    case((LACKING, DECISIONS.c.record), else_=null()).label("record"),
)
"""The columns that `changes_in` reads: the large record only of a row that lacks `book_changes`."""


def book_changes_of(record: str) -> str:
    """The column's text for a decision's record (JSON); the first versions recorded no changes."""
    return orjson.dumps(orjson.loads(record).get("book_changes", {})).decode()


def changes_in(book_changes: str | None, record: str | None) -> dict[str, int]:
    """A decision's additions by field of the book, from its `COLUMNS` in either form."""
    if book_changes is not None:
        return orjson.loads(book_changes)  # type: ignore[no-any-return]
    return orjson.loads(record or "{}").get("book_changes", {})  # type: ignore[no-any-return]
