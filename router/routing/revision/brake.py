"""The brake of revisions: many leads that would be taken from their owners are held until a person agrees.

A lead that nobody has yet goes on: where many facts come late, every tenth is given to its first rep by a
revision.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from router.ledger import LEDGER_ERRORS
from router.ledger.latest import decided_since
from router.routing.portal.services import Services
from router.routing.revision.comparing import Compared
from router.store.settling.revision_brake import RevisionsHeld
from router.timestamps import in_iso

ALWAYS: Final = 50
"""Leads that revisions may take from their owners within an hour, however few are decided."""
SHARE: Final = 20
"""One in so many of the leads decided within a day may leave its owner within an hour: 5 %."""
DAY: Final = timedelta(days=1)


def within_brake(
    services: Services, moves: Sequence[Compared]
) -> tuple[Sequence[Compared], Sequence[Compared]]:
    """The leads that may move now, and those that the brake holds. Raises `redis.RedisError`.

    One question to the ledger, once more than 50 leads would have left their owner within an hour.
    """
    free = [one for one in moves if not one.changed.state.owner_id]
    leaving = [one for one in moves if one.changed.state.owner_id]
    may_leave, held = _of_owners(services, leaving)
    return [*free, *may_leave], held


def _of_owners(
    services: Services, moves: Sequence[Compared]
) -> tuple[Sequence[Compared], Sequence[Compared]]:
    brake = services.store.revision_brake
    if not moves or brake.is_released():
        return moves, ()
    if brake.held() is not None:
        return (), moves
    lately = brake.moved_lately(now_ms=services.now_ms())
    total, most = lately + len(moves), ALWAYS
    if total > most:
        most = max(ALWAYS, _decided_in_a_day(services) // SHARE)
    if total <= most:
        return moves, ()
    brake.hold(RevisionsHeld(in_iso(services.clock()), total, most))
    services.log.error("revisions.held", moves=total, limit=most, next="router revise")
    room = max(0, most - lately)
    return moves[:room], moves[room:]


def _decided_in_a_day(services: Services) -> int:
    """Number of decisions of the last day; 0 while the ledger cannot be asked."""
    try:
        return decided_since(services.ledger, services.clock() - DAY)
    except LEDGER_ERRORS:
        return 0
