"""The column decisions.book_changes, and an index of the rows that lack it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text, text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both, empty; `router.ledger.rewriting.book_changes` fills existing rows in the background."""
    op.add_column("decisions", Column("book_changes", Text))
    lacking = text("book_changes IS NULL")
    op.create_index(
        "decisions_without_book_changes",
        "decisions",
        ["id"],
        sqlite_where=lacking,
        postgresql_where=lacking,
    )
