"""Which new leads wait for their facts, and what is noted of those that are decided. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from router.policy.leads.lead import Lead
from router.policy.leads.settle import Settled
from router.policy.settling.settling import Settling
from router.routing.intake.work_item import WorkItem
from router.store.settling.settling_leads import SettlingLead
from router.timestamps import epoch_ms, from_epoch_ms


@dataclass(slots=True)
class SortedByCertainty:
    """A batch: the leads that wait, and those to decide now."""

    waiting: list[SettlingLead] = field(default_factory=list)
    to_decide: list[WorkItem] = field(default_factory=list)


def sort_by_certainty(
    settling: Settling | None, items: Sequence[WorkItem], leads: Mapping[str, Lead], *, now: datetime
) -> SortedByCertainty:
    """The items (`leads` by contact id) that wait, and those that are decided: certain, or waited enough.

    Only a lead without any decision waits.
    """
    if settling is None:
        return SortedByCertainty(to_decide=list(items))
    found = SortedByCertainty()
    for item in items:
        if not item.is_undecided:
            found.to_decide.append(item)
            continue
        missing = settling.waits_for(leads[item.contact_id], now)
        since_ms = item.since_ms(now_ms=epoch_ms(now))
        last_ms = max(since_ms, item.state.last_change_ms if item.state else 0)
        until = settling.decide_at(since=from_epoch_ms(since_ms), last_change=from_epoch_ms(last_ms))
        if missing and now < until:
            waits = SettlingLead(item.contact_id, epoch_ms(until), since_ms, last_ms, missing, item.entries)
            found.waiting.append(waits)
        else:
            found.to_decide.append(_settled(item, missing, now_ms=epoch_ms(now)))
    return found


def _settled(item: WorkItem, missing: tuple[str, ...], *, now_ms: int) -> WorkItem:
    """The item with its wait and its open facts; as it is if it was certain at once."""
    state = item.state
    if state is None or not state.since_ms:
        return replace(item, settled=Settled(still_open=missing)) if missing else item
    return replace(item, settled=Settled(max(0, now_ms - state.at_ms), state.waited_for, missing))
