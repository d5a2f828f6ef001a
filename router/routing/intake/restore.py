"""Restoring the share book and the overrides from the ledger after Redis was emptied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from router.deadlines import LOST_WRITE_LOOKS
from router.ledger.latest import last_decided_at
from router.policy.people.availability import OVERRIDE
from router.policy.shares.share_book import PERMANENT, today_field
from router.routing.people.refresh import refresh_availability
from router.routing.portal.services import Services
from router.store.leads.commits import REMEMBERED
from router.store.repair.restoration import LostWrites, Rebuild
from router.store.shared.availability import Override
from router.timestamps import epoch_ms

CLOCKS_DIFFER: Final = timedelta(minutes=15)
"""HubSpot's moments are searched from this much before our last decision."""
DAYS_THAT_MATTER: Final = timedelta(days=2)
"""Age of a day that is still today in some time zone, or by a clock that goes wrong."""


def make_whole(services: Services) -> bool:
    """Restore the share book and the overrides if Redis has lost them; True if this call did.

    No lead is decided before, so credits go on where they were; a new portal begins with an empty book.
    Decisions of the last seconds may be missing, for every rep of a team alike: credits of a team still sum
    to 0. Afterwards the leads are restored one by one from HubSpot. Raises `ComeBackLater`, and what ledger
    and Redis raise; then the book is not restored yet.
    """
    if services.store.restoration.is_whole():
        return False
    fields, decisions = services.ledger.shares.book()
    now = services.clock()
    if decisions:
        services.people.availability.repository.put_back(_overrides(services), now=now)
        refresh_availability(
            hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
        )
    live = services.rules.live
    today = live.roster.day_of(now) if live else now.date()
    lasting = (*PERMANENT, today_field(today, ""))
    kept = {name: value for name, value in fields.items() if name.startswith(lasting)}
    rebuild = None
    if decisions:
        rebuild = Rebuild((now - REMEMBERED).isoformat(), now.isoformat())
    restored = services.store.restoration.restore_book(
        kept, at=now, rebuild=rebuild, lost_writes=_lost_writes(services, now)
    )
    if restored and decisions:
        services.log.warning("book.restored", decisions=decisions)
    return restored


def clean_old_book(services: Services) -> None:
    """Take the counts of past days out of a book that an earlier version kept. Safe to repeat.

    It costs one look at the names of the book's fields. Raises `redis.RedisError`.
    """
    first_day = (services.clock() - DAYS_THAT_MATTER).date()
    if cleaned := services.store.old_book.clean(first_day=first_day):
        services.log.info("book.cleaned", fields=cleaned)


def _lost_writes(services: Services, now: datetime) -> LostWrites:
    """The search for writes that are newer than the ledger: what Redis had not handed on to it yet."""
    since = last_decided_at(services.ledger) or services.ledger.revisions.began() or now
    looks = tuple(epoch_ms(now + after) for after in LOST_WRITE_LOOKS)
    return LostWrites((min(since, now) - CLOCKS_DIFFER).isoformat(), looks)


def _overrides(services: Services) -> dict[str, Override]:
    """The last override of each rep, by rep name; the ledger keeps no reasons.

    A line that cannot be read concerns its rep alone: it is logged, and restored as no override.
    """
    overrides: dict[str, Override] = {}
    for line in services.ledger.events_of(""):
        if line.kind != OVERRIDE:
            continue
        rep, says = line.detail.get("rep", ""), line.detail.get("says")
        overrides.pop(rep, None)
        if says not in ("away", "present"):
            continue
        try:
            until, at = datetime.fromisoformat(line.detail["until"]), datetime.fromisoformat(line.at)
            overrides[rep] = Override(says, until=until.astimezone(UTC), said_at=at.astimezone(UTC))
        except (KeyError, OverflowError, TypeError, ValueError):
            services.log.warning("override.unreadable", rep=rep)
    return overrides
