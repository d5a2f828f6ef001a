"""Revoking the claim links that a rep has, at once for all processes.

A revocation is kept in Redis, where it counts at once, and in the ledger, so that it survives a Redis that
was emptied or put back to an older state. Both are asked; the later moment counts. While the ledger cannot be
read a Redis that was not emptied is enough, so that claims go on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from router.ledger import LEDGER_ERRORS
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claim_links import LASTS, ClaimLink
from router.store.claims.revoked_links import REVOKED

REMEMBER: Final = LASTS + timedelta(days=1)
"""Older revocations are of no use: the links have expired."""
_SECOND: Final = timedelta(seconds=1)


def revoke_links(services: Services, rep: str) -> datetime:
    """Revoke every claim link of the rep that was made until now; the moment since which new ones count.

    The moment lies within the next second. Safe to repeat. Raises `redis.RedisError`; then nothing has
    changed. While the ledger cannot take the event it waits in the outbox.
    """
    now = services.clock()
    earlier = valid_since(services, rep)
    moment = now.replace(microsecond=0) + _SECOND
    if earlier is not None:
        moment = max(moment, earlier + _SECOND)  # also links made within this very second
    services.store.revoked_links.revoke(rep, valid_since=moment, at=now, remember=REMEMBER)
    try:
        record_outbox(services)
    except LEDGER_ERRORS as error:
        services.log.warning("revocation.waits_in_outbox", rep=rep, error=type(error).__name__)
    services.log.info("links.revoked", rep=rep)
    return moment


def is_revoked(services: Services, link: ClaimLink) -> bool:
    """Whether the link was made before a revocation. Raises like `valid_since`."""
    moment = valid_since(services, link.rep)
    return moment is not None and link.made_at < moment


def valid_since(services: Services, rep: str) -> datetime | None:
    """The moment since which links of the rep count; None if none were revoked in the last three days.

    Raises `redis.RedisError`; and what the ledger raises, if Redis was emptied and is not restored yet.
    """
    in_redis = services.store.revoked_links.valid_since(rep)
    try:
        in_ledger = revocations(services).get(rep)
    except LEDGER_ERRORS:
        if not services.store.restoration.is_whole():
            raise
        in_ledger = None
    return max((one for one in (in_redis, in_ledger) if one is not None), default=None)


def revocations(services: Services) -> dict[str, datetime]:
    """The moment since which links count, by rep whose links were revoked in the last three days.

    Raises what the ledger raises.
    """
    events = services.ledger.events_of_nobody((REVOKED,), since=services.clock() - REMEMBER)
    found: dict[str, datetime] = {}
    for one in events:
        rep, moment = one.detail["rep"], datetime.fromisoformat(one.detail["valid_since"])
        found[rep] = max(moment, found.get(rep, moment))
    return found
