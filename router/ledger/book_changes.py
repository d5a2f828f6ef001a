"""What a decision added to the book of shares, as the column `decisions.book_changes` has it.

Rows of earlier versions have it only inside `record`, which holds everything else too: reading all of them
is most of the time that an emptied Redis waits for its book.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Row, case, null

from router.ledger.tables import DECISIONS

LACKING: Final = DECISIONS.c.book_changes.is_(None)
COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    DECISIONS.c.book_changes,
    case((LACKING, DECISIONS.c.record), else_=null()).label("record"),
)
"""What `changes_in` reads: the large record only of a row that lacks the column."""


def book_changes_of(record: str) -> str:
    """The column's text for a decision's record (JSON); the first versions recorded no changes."""
    return orjson.dumps(orjson.loads(record).get("book_changes", {})).decode()


def changes_in(row: Row[Any]) -> Mapping[str, int]:
    """What the decision of a row with `COLUMNS` added, in either form."""
    if row.book_changes is not None:
        return dict(orjson.loads(row.book_changes))
    return dict(orjson.loads(row.record).get("book_changes", {}))
