"""A ledger of a year with any number of decisions, made by the database itself within seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text

BEGAN: Final = datetime(2025, 11, 24, tzinfo=UTC)
"""The moment of the first decision; the others follow in equal steps."""
ENDED: Final = datetime(2026, 11, 24, tzinfo=UTC)
REVISIONS: Final = 20
"""Revisions that decided one after the other, each a part of the year: `revision-0`, `revision-1` …"""
RULES: Final = 10
"""Rules that decide in turns: `rule-0`, `rule-1` …"""
_SCATTER: Final = 7_919
"""A prime: contact ids have no order in time, as in a portal."""

_SERIES: Final = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    " SELECT i FROM n)",
    "postgresql": "(SELECT generate_series(0, {last}) AS i)",
}
_MOMENT: Final = {
    "sqlite": "strftime('%Y-%m-%dT%H\\:%M\\:%S', CAST({seconds} AS INTEGER), 'unixepoch') || '+00\\:00'",
    "postgresql": (
        "to_char(to_timestamp(CAST({seconds} AS BIGINT)) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS')"
        " || '+00\\:00'"
    ),
}

_DECISIONS: Final = """
INSERT INTO decisions (id, portal, contact_id, episode, decided_at, revision, rule, outcome, team, rep,
    owner_id, segment, grade, score, record, book_changes)
SELECT contact || '-' || episode || '-' || portal || '-0123456789ab', portal, contact, episode, at,
    'revision-' || (i / :per_revision), 'rule-' || (i % :rules),
    CASE WHEN queued THEN 'queued' ELSE 'assigned' END, 'idf',
    CASE WHEN NOT queued THEN 'rep-' || (i % 50) END,
    CASE WHEN NOT queued THEN CAST(70000000 + i % 50 AS VARCHAR) END, 'hot', 'A1', 80,
    '{"id": "' || contact || '-' || episode || '-' || portal || '-0123456789ab", "contact_id": "' || contact
    || '", "episode": ' || episode || ', "decided_at": "' || at || '", "revision": "revision-'
    || (i / :per_revision) || '", "score": 80, "mode":"'
    || CASE WHEN i % 50 = 1 THEN 'shadow' ELSE 'live' END || '", "book_changes": {}, "outcome": '
    || CASE WHEN queued THEN '{"kind": "queued", "team": "idf", "why": "queue"}' ELSE '{"kind": "assigned",'
    || ' "rep": "rep-' || (i % 50) || '", "owner_id": "' || (70000000 + i % 50) || '", "team": "idf"}' END
    || ', "more": "' || :padding || '"}', '{}'
FROM ({leads}) AS lead
"""
_FOLLOW_UPS: Final = """
INSERT INTO follow_ups (portal, decision_id, contact_id, team, rep, owner_id, rule, revision, score,
    assigned_at, due_at, first_response_at, status, stage, outcome, outcome_at, ended_at, looked_at)
SELECT portal, contact || '-' || episode || '-' || portal || '-0123456789ab', contact, 'idf',
    'rep-' || (i % 50), CAST(70000000 + i % 50 AS VARCHAR), 'rule-' || (i % :rules),
    'revision-' || (i / :per_revision), 80, at, due, CASE WHEN i % 4 = 0 THEN due END, 'NEW', 'lead',
    CASE WHEN i % 20 = 0 THEN 'won' END, CASE WHEN i % 20 = 0 THEN due END,
    CASE WHEN i % 10 = 5 THEN due END, CASE WHEN i % 3 = 0 THEN due END
FROM ({leads}) AS lead WHERE NOT queued
"""
_EVENTS: Final = """
INSERT INTO events (id, portal, contact_id, at, kind, decision_id, detail)
SELECT portal || '-' || i, portal, CASE WHEN i % 1000 = 999 THEN '' ELSE contact END, at,
    CASE WHEN i % 1000 = 999 THEN 'revoked' WHEN i % 10 = 7 THEN 'restored' ELSE 'written' END,
    CASE WHEN i % 1000 <> 999 THEN contact || '-' || episode || '-' || portal || '-0123456789ab' END, '{}'
FROM ({leads}) AS lead
"""
_NIGHT_MOVES: Final = """
INSERT INTO night_moves (portal, day, contact_id, reason, moment, came_from, goes_to, rule, outcome, note)
SELECT portal, substr(at, 1, 10), contact, 'gone', at, 'a', 'b', 'rule', 'moved', ''
FROM ({leads}) AS lead WHERE i % 10 = 5
"""


def fill(connection: Connection, portal: str, *, rows: int, record_bytes: int = 200) -> None:
    """Add `rows` decisions of a year (a multiple of 1,000) to a portal, with their events and follow-ups.

    Of ten decisions one is queued, and one reassigns the lead that was decided five before, whose follow-up
    has ended. A quarter of the leads was answered, a third looked at.
    """
    leads = _leads(connection.dialect.name, rows)
    values = {
        "portal": portal,
        "per_revision": rows // REVISIONS,
        "rules": RULES,
        "padding": "x" * record_bytes,
    }
    for statement in (_DECISIONS, _FOLLOW_UPS, _EVENTS, _NIGHT_MOVES):
        sql = text(statement.replace("{leads}", leads))
        connection.execute(sql, {name: values[name] for name in sql._bindparams})


def contact_of(number: int, *, rows: int) -> str:
    """The contact of the decision with this number (from 0, in the order of time)."""
    return str(100_000_000_000 + (number * _SCATTER) % rows)


def decision_of(number: int, portal: str, *, rows: int) -> str:
    """The id of the decision with this number, which is no reassignment."""
    return f"{contact_of(number, rows=rows)}-0-{portal}-0123456789ab"


def _leads(dialect: str, rows: int) -> str:
    step_s = (ENDED - BEGAN).total_seconds() / rows
    at = _MOMENT[dialect].format(seconds=f"({int(BEGAN.timestamp())} + i * {step_s})")
    due = _MOMENT[dialect].format(seconds=f"({int(BEGAN.timestamp()) + 7_200} + i * {step_s})")
    lead = "CASE WHEN i % 10 = 9 THEN i - 4 ELSE i END"
    contact = f"100000000000 + (CAST({lead} AS BIGINT) * {_SCATTER}) % {rows}"
    return (
        "SELECT i, CAST(:portal AS VARCHAR) AS portal, i % 10 = 3 AS queued, "  # noqa: S608 - all numbers
        f"CASE WHEN i % 10 = 9 THEN 1 ELSE 0 END AS episode, {at} AS at, {due} AS due, "
        f"CAST({contact} AS VARCHAR) AS contact FROM {_SERIES[dialect].format(last=rows - 1)} AS numbers"
    )
