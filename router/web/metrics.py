"""The vitals as Prometheus metrics; nothing is counted here, so every process reports the same."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from router.policy.people.roster import Unit
from router.store.health.vitals import VitalsReading, problems


def exposition(reading: VitalsReading | None) -> bytes:
    """One scrape; None means that Redis did not answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(reading))
    return generate_latest(registry)


class _Scrape(Collector):
    """One reading of the vitals, in the form that prometheus-client collects."""

    def __init__(self, reading: VitalsReading | None) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        reading = self._reading
        yield _gauge("redis_up", "1 if Redis answers", int(reading is not None))
        if reading is None:
            return
        yield _gauge("healthy", "1 if /health answers 200", int(not problems(reading)))
        for stream, backlog in (("inbox", reading.inbox), ("low", reading.low)):
            yield _gauge(f"{stream}_leads", "Leads in the stream", backlog.depth)
            yield _gauge(f"{stream}_claimed_leads", "Leads claimed and not finished", backlog.claimed)
            yield _gauge(
                f"{stream}_oldest_waited_seconds", "How long the oldest lead waits", backlog.waited_s or 0.0
            )
        yield _gauge("parked_leads", "Leads that need a person", reading.parked)
        yield _gauge("overdue_leads", "Leads on which nobody works although they are due", reading.overdue)
        yield _gauge(
            "overdue_oldest_seconds", "How long the oldest of them is due", reading.overdue_for_s or 0.0
        )
        yield _gauge("erasures", "Contacts whose traces are still to be erased", reading.erasures)
        yield _gauge("outbox_entries", "Entries on their way to the ledger", reading.outbox)
        yield _gauge("changed_leads", "Leads worked on in HubSpot and not looked at yet", reading.changed)
        yield _gauge("paused", "1 while no HubSpot call goes out", int(reading.pause is not None))
        yield _gauge("rule_mistakes", "Mistakes in the rule files on disk", len(reading.rule_mistakes))
        held = reading.held.moves if reading.held else 0
        if reading.night_ended_at is not None:
            ended_s = (reading.at - reading.night_ended_at).total_seconds()
            yield _gauge("last_night_seconds", "Since the last night ended", max(0.0, ended_s))
        yield _gauge("night_held_leads", "Leads of a night's plan that wait for approval", held)
        yield _furthest(reading, "leads")
        yield _furthest(reading, "points")
        if reading.progress:
            silent_s = (reading.at - reading.progress[0].at).total_seconds()
            yield _gauge(
                "last_progress_seconds", "Since a worker last got something done", max(0.0, silent_s)
            )
        for name, count in reading.counts.items():
            yield CounterMetricFamily(f"lead_router_{name}", f"The counter {name}", value=count)


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
