"""The tables as they were before there were migrations.

A ledger of that time has them already, and one that is older still lacks some: what exists is left as it is.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, String, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables and indexes that do not exist."""
    _decisions()
    _events()
    _rules()
    _follow_ups()
    _nights()


def _decisions() -> None:
    op.create_table(
        "decisions",
        Column("id", String(64), primary_key=True),
        Column("portal", String(20), nullable=False),
        Column("contact_id", String(20), nullable=False),
        Column("episode", Integer, nullable=False),
        Column("decided_at", String(40), nullable=False),
        Column("revision", String(40), nullable=False),
        Column("rule", Text, nullable=False),
        Column("outcome", String(20), nullable=False),
        Column("team", Text),
        Column("rep", Text),
        Column("owner_id", String(20)),
        Column("segment", Text, nullable=False),
        Column("grade", String(8), nullable=False),
        Column("score", Integer, nullable=False),
        Column("record", Text, nullable=False),
        if_not_exists=True,
    )
    _index("decisions_by_contact", "decisions", "portal", "contact_id")
    _index("decisions_by_time", "decisions", "portal", "decided_at")


def _events() -> None:
    op.create_table(
        "events",
        Column("id", String(64), primary_key=True),
        Column("portal", String(20), nullable=False),
        Column("contact_id", String(20), nullable=False),
        Column("at", String(40), nullable=False),
        Column("kind", String(32), nullable=False),
        Column("decision_id", String(64)),
        Column("detail", Text, nullable=False),
        if_not_exists=True,
    )
    _index("events_by_contact", "events", "portal", "contact_id")


def _rules() -> None:
    op.create_table(
        "revisions",
        Column("portal", String(20), primary_key=True),
        Column("revision", String(40), primary_key=True),
        Column("live_since", String(40), nullable=False),
        Column("files", Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "rule_changes",
        Column("portal", String(20), primary_key=True),
        Column("live_since", String(40), primary_key=True),
        Column("revision", String(40), primary_key=True),
        Column("author", Text),
        Column("committed_at", String(40)),
        Column("commit", String(64)),
        if_not_exists=True,
    )


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        Column("portal", String(20), primary_key=True),
        Column("decision_id", String(64), primary_key=True),
        Column("contact_id", String(20)),
        Column("team", Text),
        Column("rep", Text),
        Column("owner_id", String(20), nullable=False),
        Column("rule", Text, nullable=False),
        Column("revision", String(40), nullable=False),
        Column("score", Integer, nullable=False),
        Column("assigned_at", String(40), nullable=False),
        Column("due_at", String(40)),
        Column("first_response_at", String(40)),
        Column("status", Text),
        Column("stage", Text),
        Column("outcome", String(8)),
        Column("outcome_at", String(40)),
        Column("ended_at", String(40)),
        Column("looked_at", String(40)),
        if_not_exists=True,
    )
    _index("follow_ups_by_contact", "follow_ups", "portal", "contact_id")
    _index("follow_ups_by_time", "follow_ups", "portal", "assigned_at")


def _nights() -> None:
    op.create_table(
        "nights",
        Column("portal", String(20), primary_key=True),
        Column("day", String(10), primary_key=True),
        Column("report", Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "night_moves",
        Column("portal", String(20), primary_key=True),
        Column("day", String(10), primary_key=True),
        Column("contact_id", String(20), primary_key=True),
        Column("reason", String(16), nullable=False),
        Column("moment", String(40), nullable=False),
        Column("came_from", Text, nullable=False),
        Column("goes_to", Text, nullable=False),
        Column("rule", Text, nullable=False),
        Column("outcome", String(16), nullable=False),
        Column("note", Text, nullable=False),
        if_not_exists=True,
    )
    _index("night_moves_by_contact", "night_moves", "portal", "contact_id")


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), if_not_exists=True)
