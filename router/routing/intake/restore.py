"""Redis was emptied: the ledger gives it back the shares, and then, lead by lead, what stands in HubSpot."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from router.policy.people.availability import OVERRIDE
from router.policy.shares.share_book import today_field
from router.routing.people.refresh import refresh_availability
from router.routing.portal.services import Desk
from router.store.leads.commits import REMEMBERED
from router.store.repair.restoration import Rebuild
from router.store.shared.availability import Override

KEPT: Final = ("credit:", "points:", "factor:", "last:", "served:", "given:", "largest:")
"""Fields that live as long as their team; those of a day are worth writing on that day only."""


def make_whole(desk: Desk) -> bool:
    """Write the book of shares anew if Redis has lost it, and who is away; True if this call did.

    Nobody decides before, so credits go on where they were; a new portal begins with an empty book. What
    was decided in the very last seconds may be missing, for every rep of a team alike: credits of a team
    still sum to 0. Raises `ComeBackLater`, and what ledger and Redis raise; then it is not whole yet.
    """
    if desk.restoration.is_whole():
        return False
    fields, decisions = desk.ledger.shares.book()
    now = desk.clock()
    if decisions:
        desk.availability.repository.put_back(_overrides(desk), now=now)
        refresh_availability(desk)
    live = desk.rules.live
    today = now.astimezone(live[0].roster.timezone).date() if live else now.date()
    worth = (*KEPT, today_field(today, ""))
    kept = {name: value for name, value in fields.items() if name.startswith(worth)}
    rebuild = None
    if decisions:
        rebuild = Rebuild((now - REMEMBERED).isoformat(), now.isoformat())
    restored = desk.restoration.restore_book(kept, at=now, rebuild=rebuild)
    if restored and decisions:
        desk.log.warning("book.restored", decisions=decisions)
    return restored


def _overrides(desk: Desk) -> dict[str, Override]:
    """What people said last of each rep; the ledger keeps no reasons."""
    reported: dict[str, Override] = {}
    for line in desk.ledger.events_of(""):
        if line.kind != OVERRIDE:
            continue
        rep, says = line.detail["rep"], line.detail["says"]
        reported.pop(rep, None)
        if says in ("away", "present"):
            until, at = line.detail["until"], datetime.fromisoformat(line.at)
            reported[rep] = Override(says, until=datetime.fromisoformat(until), said_at=at)
    return reported
