"""Sums of the days for reports, the triggers that note changed days, and where the kept rows begin."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, String, Text

revision = "0005"
down_revision = "0004"

REFUNDS = "'taken_by_a_person', 'not_reassigned', 'restored', 'gone', 'owner_refused'"
RESULTS = ("team", "rep", "assigned_at", "due_at", "first_response_at", "outcome", "outcome_at", "ended_at")
"""The columns of a follow-up that reports read."""
DECIDED = ("portal", "contact_id", "decided_at", "record")
"""The columns of a decision that reports read."""


def upgrade() -> None:
    """Create them, empty; housekeeping makes the sums of the days that are over, newest first."""
    _tables()
    op.add_column("rule_changes", Column("pruned", Integer))
    op.create_index("follow_ups_by_rep", "follow_ups", ["portal", "rep", "assigned_at"])
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def _tables() -> None:
    op.create_table(
        "day_sums",
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
    op.create_table(
        "day_changes",
        Column("portal", String(20), primary_key=True),
        Column("kind", String(8), primary_key=True),
        Column("day", String(10), primary_key=True),
        Column("writer", String(24), primary_key=True),
        Column("changes", Integer, nullable=False),
    )
    op.create_table(
        "kept_since",
        Column("portal", String(20), primary_key=True),
        Column("day", String(10), nullable=False),
    )


def _sqlite_triggers() -> None:
    """A row that changes notes its day, and the days of the contact's other decisions.

    A refund, or a reassignment that gives back what the decision before paid, changes that decision's day.
    """
    again = "ON CONFLICT DO UPDATE SET changes = day_changes.changes + 1;"

    def note(kind: str, row: str, at: str) -> str:
        return (
            "INSERT INTO day_changes (portal, kind, day, writer, changes) "  # noqa: S608 - all words are ours
            f"VALUES ({row}.portal, '{kind}', substr({row}.{at}, 1, 10), '', 1) {again}"
        )

    def note_contact(row: str) -> str:
        return (
            "INSERT INTO day_changes (portal, kind, day, writer, changes) "  # noqa: S608 - all words are ours
            "SELECT DISTINCT portal, 'shares', substr(decided_at, 1, 10), '', 1 FROM decisions "
            f"WHERE portal = {row}.portal AND contact_id = {row}.contact_id {again}"
        )

    def trigger(name: str, event: str, table: str, when: str, *steps: str) -> None:
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} BEGIN {' '.join(steps)} END")

    old, new = note("shares", "OLD", "decided_at"), note("shares", "NEW", "decided_at")
    trigger("decisions_added", "INSERT", "decisions", "", note_contact("NEW"))
    trigger("decisions_removed", "DELETE", "decisions", "", old, note_contact("OLD"))
    trigger("decisions_changed", f"UPDATE OF {', '.join(DECIDED)}", "decisions", "", old, new)
    for name, event, row in (("added", "INSERT", "NEW"), ("removed", "DELETE", "OLD")):
        refunds = f"WHEN {row}.kind IN ({REFUNDS}) AND {row}.contact_id <> ''"
        trigger(f"events_{name}", event, "events", refunds, note_contact(row))
    old, new = note("results", "OLD", "assigned_at"), note("results", "NEW", "assigned_at")
    trigger("follow_ups_added", "INSERT", "follow_ups", "", new)
    trigger("follow_ups_removed", "DELETE", "follow_ups", "", old)
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in RESULTS)
    trigger(
        "follow_ups_changed", f"UPDATE OF {', '.join(RESULTS)}", "follow_ups", f"WHEN {changed}", old, new
    )


def _postgresql_triggers() -> None:
    """The same. Each transaction notes its own rows, so no writer waits for another."""
    op.execute(
        "CREATE FUNCTION note_day_change(portal text, kind text, moment text) RETURNS void "
        "LANGUAGE sql AS $$ "
        "INSERT INTO day_changes (portal, kind, day, writer, changes) "
        "VALUES ($1, $2, substr($3, 1, 10), txid_current()::text, 1) ON CONFLICT DO NOTHING $$"
    )
    op.execute(
        "CREATE FUNCTION note_contact_change(portal text, contact text) RETURNS void LANGUAGE sql AS $$ "
        "INSERT INTO day_changes (portal, kind, day, writer, changes) "
        "SELECT DISTINCT $1, 'shares', substr(d.decided_at, 1, 10), txid_current()::text, 1 "
        "FROM decisions d WHERE d.portal = $1 AND d.contact_id = $2 ON CONFLICT DO NOTHING $$"
    )
    for table, kind, at in (("decisions", "shares", "decided_at"), ("follow_ups", "results", "assigned_at")):
        contact = "PERFORM note_contact_change({row}.portal, {row}.contact_id);" if kind == "shares" else ""
        op.execute(
            f"CREATE FUNCTION note_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP <> 'INSERT' THEN PERFORM note_day_change(OLD.portal, '{kind}', OLD.{at}); "
            f"{contact.format(row='OLD')} END IF; "
            f"IF TG_OP <> 'DELETE' THEN PERFORM note_day_change(NEW.portal, '{kind}', NEW.{at}); "
            f"{contact.format(row='NEW')} END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_noted AFTER INSERT OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION note_{table}()"
        )
    op.execute(
        f"CREATE TRIGGER decisions_changed AFTER UPDATE OF {', '.join(DECIDED)} ON decisions "
        "FOR EACH ROW EXECUTE FUNCTION note_decisions()"
    )
    before, after = (", ".join(f"{row}.{name}" for name in RESULTS) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER follow_ups_changed AFTER UPDATE OF {', '.join(RESULTS)} ON follow_ups FOR EACH ROW "
        f"WHEN (({before}) IS DISTINCT FROM ({after})) EXECUTE FUNCTION note_follow_ups()"
    )
    op.execute(
        "CREATE FUNCTION note_events() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE one record; BEGIN "
        "IF TG_OP = 'DELETE' THEN one := OLD; ELSE one := NEW; END IF; "
        f"IF one.kind IN ({REFUNDS}) AND one.contact_id <> '' THEN "
        "PERFORM note_contact_change(one.portal, one.contact_id); END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_noted AFTER INSERT OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION note_events()"
    )
