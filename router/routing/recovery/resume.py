"""Leads that an outage parked are sent again once HubSpot takes writes, without a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from router import time_slice
from router.routing.portal.services import Services
from router.store.repair.redrive import goes_on_by_itself
from router.store.shared.recent_writes import LastWrites
from router.timestamps import epoch_ms

AT_A_TIME: Final = 1_000


def resume_parked(services: Services) -> int:
    """Send parked leads again whose outage is over: another contact was written since. Their number.

    While nothing is written, one of them is tried after 30 s, 1 min, 2 min, … at most a quarter of an hour:
    the one that was parked first. Nothing is sent while HubSpot calls are paused, or without rules. Safe to
    repeat. Raises `redis.RedisError`.
    """
    if services.rules.live is None or services.hubspot.budget.paused() is not None:
        return 0
    parked = {one: why for one, why in services.store.leads.parked().items() if goes_on_by_itself(why)}
    if not parked:
        return 0
    last, again, now = services.store.recent_writes.read(), services.store.redrive, services.clock()
    chosen = [one for one, why in parked.items() if _is_over(one, why, last)][:AT_A_TIME]
    if chosen:
        again.end_probes()
    elif again.next_probe_ms() <= services.now_ms():
        again.note_probe(now_ms=services.now_ms())
        chosen = [min(parked, key=lambda one: str(parked[one]["since"]))]
    answers = []
    for one in chosen:
        answers.append(again.send_again(one, now=now, by_itself=True))
        if time_slice.is_over():
            break  # the others are parked still, and come next time
    sent = sum(answer.endswith("anew") for answer in answers)
    if sent:
        services.log.info("leads.resumed", leads=sent, parked=len(parked))
    return sent


def _is_over(contact_id: str, why: dict[str, Any], last: LastWrites) -> bool:
    """True if another contact was written after the lead was parked."""
    return last.besides(contact_id) > epoch_ms(datetime.fromisoformat(str(why["since"])))
