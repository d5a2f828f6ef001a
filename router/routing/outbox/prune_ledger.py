"""Pruning the ledger's rows older than LEDGER_KEEP, except those of leads that Redis still remembers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from router.routing.portal.services import Services


def first_day_kept(now: datetime, keep: timedelta) -> date:
    """The first UTC day whose rows are kept at `now` (aware UTC)."""
    return (now - keep).astimezone(UTC).date()


def prune_ledger(services: Services, *, keep: timedelta, longest_s: float) -> int:
    """Delete rows older than `keep`, for `longest_s` at most; the number of rows.

    A lead that Redis remembers is open, or something happened to it in the last 90 days: its rows stay. While
    Redis is being restored nothing is deleted. Safe to repeat, and to kill. Raises `redis.RedisError` or
    `sqlalchemy.exc.SQLAlchemyError`.
    """
    if not services.store.restoration.is_whole():
        return 0
    now = services.clock()
    pruned = services.ledger.pruning.prune_some(
        before=first_day_kept(now, keep),
        remembered=lambda contact_ids: services.store.leads.recall(contact_ids).keys(),
        now=now,
        longest_s=longest_s,
    )
    if pruned.rows:
        services.log.info("ledger.pruned", rows=pruned.rows, took_s=pruned.took_s, keep_days=keep.days)
    return pruned.rows
