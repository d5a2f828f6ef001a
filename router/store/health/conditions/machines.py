"""The clock of a machine is off, or its disk is full."""

from __future__ import annotations

from typing import Final

from router.store.health.conditions.condition import Sentences, condition
from router.store.health.parts import Observation
from router.store.health.progress import CLOCK, DISK
from router.store.health.reading import VitalsReading

CLOCK_OFF_S: Final = 30.0
LOW_DISK: Final = 500_000_000
FULL_DISK: Final = 50_000_000
"""Free bytes at VAR_DIR."""


@condition(
    "failing",
    when="a process's clock differs from HubSpot's by more than 2 minutes; it takes no leads",
    command="timedatectl; start chrony or ntpd",
)
def clock_far_off(seen: VitalsReading) -> Sentences:
    for one in seen.observed(CLOCK):
        if one.facts["verdict"] == "far off":
            difference = _difference(one, "ahead_of_hubspot_s")
            yield f"{difference} HubSpot's; it takes no leads until its clock is set right."


@condition(
    "degraded",
    when="a process's clock differs from HubSpot's by more than 30 s",
    command="timedatectl; start chrony or ntpd",
)
def clock_off(seen: VitalsReading) -> Sentences:
    for one in seen.observed(CLOCK):
        if one.facts["verdict"] == "off":
            yield f"{_difference(one, 'ahead_of_hubspot_s')} HubSpot's; above 2 min it takes no leads."


@condition(
    "degraded",
    when="HubSpot has told a process no time for 5 minutes",
    command="router health (is HubSpot paused?)",
)
def clock_unknown(seen: VitalsReading) -> Sentences:
    unknown = [one.process for one in seen.observed(CLOCK) if one.facts["verdict"] == "unknown"]
    if unknown:
        yield f"HubSpot tells no time, so these clocks could not be compared: {', '.join(unknown)}."


@condition(
    "degraded",
    when="a process's clock differs from that of Redis by more than 30 s",
    command="timedatectl, on both hosts",
)
def redis_clock_off(seen: VitalsReading) -> Sentences:
    for one in seen.observed(CLOCK):
        if abs(one.facts["ahead_of_redis_s"]) > CLOCK_OFF_S:
            yield f"{_difference(one, 'ahead_of_redis_s')} that of Redis."


def _difference(one: Observation, fact: str) -> str:
    ahead_s = one.facts[fact]
    return f"The clock of {one.process} is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'}"


@condition("failing", when="less than 50 MB are free where VAR_DIR is", command="df -h")
def disk_full(seen: VitalsReading) -> Sentences:
    for one in seen.observed(DISK):
        if one.facts["free"] < FULL_DISK:
            yield _space(one)


@condition("degraded", when="less than 500 MB are free where VAR_DIR is", command="df -h")
def disk_nearly_full(seen: VitalsReading) -> Sentences:
    for one in seen.observed(DISK):
        if FULL_DISK <= one.facts["free"] < LOW_DISK:
            yield _space(one)


def _space(one: Observation) -> str:
    return f"Only {one.facts['free'] / 1e6:.0f} MB are free at {one.facts['path']} ({one.process})."
