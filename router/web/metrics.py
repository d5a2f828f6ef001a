"""The vitals as Prometheus metrics; nothing is counted here, so every process reports the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from router.policy.people.roster import Unit
from router.store.health.conditions.condition import HealthFinding
from router.store.health.conditions.table import CONDITIONS, findings, level_of
from router.store.health.reading import VitalsReading
from router.store.loading import Loading


def exposition(reading: VitalsReading | Loading | None, *, with_names: bool) -> bytes:
    """One scrape; None means that Redis did not answer. `with_names`: teams are named, too."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(reading, with_names=with_names))
    return generate_latest(registry)


class _Scrape(Collector):
    """One reading of the vitals, in the form that prometheus-client collects."""

    def __init__(self, reading: VitalsReading | Loading | None, *, with_names: bool) -> None:
        self._reading = reading
        self._with_names = with_names

    def collect(self) -> Iterator[Metric]:
        reading = self._reading
        yield _gauge(
            "redis_up", "1 if Redis answers, and has read its data", int(isinstance(reading, VitalsReading))
        )
        yield from _conditions(findings(reading))
        if not isinstance(reading, VitalsReading):
            return
        for name, words, value in _GAUGES:
            found = value(reading)
            if found is not None:
                yield _gauge(name, words, found)
        if self._with_names:
            yield _furthest(reading, "leads")
            yield _furthest(reading, "points")
        for name, count in reading.counts.items():
            yield CounterMetricFamily(f"lead_router_{name}", f"The counter {name}", value=count)


_GAUGES: Final[tuple[tuple[str, str, Callable[[VitalsReading], float | None]], ...]] = (
    ("inbox_leads", "Leads in the stream", lambda seen: seen.inbox.depth),
    ("inbox_claimed_leads", "Leads claimed and not finished", lambda seen: seen.inbox.claimed),
    ("inbox_oldest_waited_seconds", "How long the oldest lead waits", lambda seen: seen.inbox.waited_s or 0),
    ("low_leads", "Leads in the stream", lambda seen: seen.low.depth),
    ("low_claimed_leads", "Leads claimed and not finished", lambda seen: seen.low.claimed),
    ("low_oldest_waited_seconds", "How long the oldest lead waits", lambda seen: seen.low.waited_s or 0),
    ("settling_leads", "New leads that wait for facts which come late", lambda seen: seen.settling),
    ("parked_leads", "Leads that need a person", lambda seen: seen.parked),
    ("overdue_leads", "Leads on which nobody works although they are due", lambda seen: seen.overdue),
    ("overdue_oldest_seconds", "How long the oldest of them is due", lambda seen: seen.overdue_for_s or 0),
    ("erasures", "Contacts whose traces are still to be erased", lambda seen: seen.erasures),
    ("outbox_entries", "Entries on their way to the ledger", lambda seen: seen.outbox),
    (
        "housekeeping_turn_waited_seconds",
        "How long a housekeeping job waits for its turn, at most",
        lambda seen: max(seen.turns_waited.values(), default=0.0),
    ),
    ("changed_leads", "Leads worked on in HubSpot and not looked at yet", lambda seen: seen.changed),
    ("paused", "1 while no HubSpot call goes out", lambda seen: seen.pause is not None),
    ("rule_mistakes", "Mistakes in the rule files on disk", lambda seen: len(seen.rule_mistakes)),
    ("last_night_seconds", "Since the last night ended", lambda seen: _since(seen, seen.night_ended_at)),
    (
        "night_held_leads",
        "Leads of a night's plan that wait for approval",
        lambda seen: seen.held.moves if seen.held else 0,
    ),
    (
        "last_progress_seconds",
        "Since a worker last got something done",
        lambda seen: _since(seen, seen.progress[0].at if seen.progress else None),
    ),
)
"""Name, meaning and value of each; no value is no metric."""


def _conditions(found: tuple[HealthFinding, ...]) -> Iterator[Metric]:
    """Every condition of the table with the number of its findings, and the worst level."""
    level = level_of(found)
    yield _gauge("healthy", "1 if /health answers 200", level != "failing")
    yield _gauge("degraded", "1 if a person should look today, or at once", level != "ok")
    metric = GaugeMetricFamily(
        "lead_router_condition", "Findings of each condition; see the README", labels=["condition", "level"]
    )
    numbers = Counter(one.condition for one in found)
    for one in CONDITIONS:
        metric.add_metric([one.name, one.level], numbers[one.name])
    yield metric


def _since(reading: VitalsReading, moment: datetime | None) -> float | None:
    return None if moment is None else max(0.0, (reading.at - moment).total_seconds())


def _furthest(reading: VitalsReading, unit: Unit) -> GaugeMetricFamily:
    """The largest deviation per team; no label names a rep, as that is personal."""
    words = f"{unit.capitalize()} by which the team's furthest rep is away from their fair share"
    metric = GaugeMetricFamily(f"lead_router_fairness_difference_{unit}", words, labels=["team"])
    for one in reading.furthest:
        if one.unit == unit:
            metric.add_metric([one.team], abs(one.difference))
    return metric


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"lead_router_{name}", words, value=value)
