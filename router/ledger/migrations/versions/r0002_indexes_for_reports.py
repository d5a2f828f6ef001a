"""Indexes for events of a kind, and for decisions by a revision."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Build both; it takes some seconds per million rows."""
    op.create_index("events_by_kind", "events", ["portal", "kind", "at"])
    op.create_index("decisions_by_revision", "decisions", ["portal", "revision", "decided_at"])
