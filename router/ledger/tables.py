"""The tables of the ledger, the same on SQLite and PostgreSQL. Times are aware UTC, kept as ISO text.

They are the newest schema: a change here comes with a revision in `migrations/versions` that makes it.
Indexes that look up contacts do not begin with the portal, which on SQLite seems as selective as a contact.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text, text

METADATA: Final = MetaData()
_LACKING: Final = text("book_changes IS NULL")
_UNANSWERED: Final = text(
    "ended_at IS NULL AND outcome IS NULL AND first_response_at IS NULL AND due_at IS NOT NULL"
)

DECISIONS: Final = Table(
    "decisions",
    METADATA,
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
    Column("book_changes", Text),
    Index("decisions_of_contact", "contact_id", "portal"),
    Index("decisions_by_time", "portal", "decided_at"),
    Index("decisions_by_revision", "portal", "revision", "decided_at"),
    Index("decisions_by_rule", "portal", "rule", "decided_at"),
    Index("decisions_without_book_changes", "id", sqlite_where=_LACKING, postgresql_where=_LACKING),
)
"""One row per decision. `book_changes` repeats a part of `record`; rows of earlier versions may lack it."""

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("portal", String(20), nullable=False),
    Column("contact_id", String(20), nullable=False),
    Column("at", String(40), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("decision_id", String(64)),
    Column("detail", Text, nullable=False),
    Index("events_of_contact", "contact_id", "portal"),
    Index("events_by_kind", "portal", "kind", "at"),
)

REVISIONS: Final = Table(
    "revisions",
    METADATA,
    Column("portal", String(20), primary_key=True),
    Column("revision", String(40), primary_key=True),
    Column("live_since", String(40), nullable=False),
    Column("files", Text, nullable=False),
)

RULE_CHANGES: Final = Table(
    "rule_changes",
    METADATA,
    Column("portal", String(20), primary_key=True),
    Column("live_since", String(40), primary_key=True),
    Column("revision", String(40), primary_key=True),
    Column("author", Text),
    Column("committed_at", String(40)),
    Column("commit", String(64)),
    Column("pruned", Integer),
)
"""One row each time that other rules went live; the same revision can come back.

`pruned` counts its decisions that the ledger no longer keeps.
"""

FOLLOW_UPS: Final = Table(
    "follow_ups",
    METADATA,
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
    Index("follow_ups_of_contact", "contact_id", "portal"),
    Index("follow_ups_by_time", "portal", "assigned_at"),
    Index(
        "follow_ups_unanswered",
        "portal",
        "contact_id",
        "due_at",
        sqlite_where=_UNANSWERED,
        postgresql_where=_UNANSWERED,
    ),
    Index("follow_ups_by_rep", "portal", "rep", "assigned_at"),
)
"""One row per decision that gave a rep a lead, with the lead's follow-up."""

NIGHTS: Final = Table(
    "nights",
    METADATA,
    Column("portal", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("report", Text, nullable=False),
)
"""One row per night: its counts and findings, without any contact."""

NIGHT_MOVES: Final = Table(
    "night_moves",
    METADATA,
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
    Index("night_moves_by_contact", "portal", "contact_id"),
)
"""One row per lead that a night moved, or would have moved."""

DAY_SUMS: Final = Table(
    "day_sums",
    METADATA,
    Column("portal", String(20), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("form", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("modes", Text, nullable=False),
    Column("sums", Text, nullable=False),
    Column("missed", Text, nullable=False),
    Column("curves", Text, nullable=False),
)
"""One row per UTC day and kind of report: what its rows add to the report. It names no contact."""

DAY_CHANGES: Final = Table(
    "day_changes",
    METADATA,
    Column("portal", String(20), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("writer", String(24), primary_key=True),
    Column("changes", Integer, nullable=False),
)
"""Days whose rows changed after their sums were made. Triggers of the database write it (migration 0005).

`writer` is PostgreSQL's number of the transaction: writers never wait for each other.
"""

KEPT_SINCE: Final = Table(
    "kept_since",
    METADATA,
    Column("portal", String(20), primary_key=True),
    Column("day", String(10), nullable=False),
)
"""The first UTC day whose rows are all kept; the sums of earlier days never change again."""
