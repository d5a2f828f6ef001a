"""The health of the service as JSON: in detail, or in status and counts only."""

from __future__ import annotations

from collections import Counter
from typing import Any

from router.plain import as_plain
from router.store.health.conditions.table import findings, level_of
from router.store.health.reading import VitalsReading
from router.store.loading import Loading


def in_detail(reading: VitalsReading | Loading | None) -> dict[str, Any]:
    """Everything, with names, hosts and rule texts; None stands for a Redis that does not answer."""
    found = findings(reading)
    facts = as_plain(reading) if isinstance(reading, VitalsReading) else {}
    return {
        "status": level_of(found),
        "redis": _redis(reading),
        "findings": [as_plain(one) for one in found],
        **facts,
    }


def counts_only(reading: VitalsReading | Loading | None) -> dict[str, Any]:
    """The status, the number of findings by condition, and some counts: nothing that names anybody."""
    found = findings(reading)
    counts = {}
    if isinstance(reading, VitalsReading):
        counts = {
            "inbox": reading.inbox.depth,
            "low": reading.low.depth,
            "settling": reading.settling,
            "parked": reading.parked,
            "overdue": reading.overdue,
            "outbox": reading.outbox,
            "erasures": reading.erasures,
        }
    return {
        "status": level_of(found),
        "redis": _redis(reading),
        "conditions": dict(Counter(one.condition for one in found)),
        "counts": counts,
    }


def _redis(reading: VitalsReading | Loading | None) -> str:
    return "down" if reading is None else "loading" if isinstance(reading, Loading) else "up"
