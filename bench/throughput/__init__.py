"""Contacts per second, calls and CPU for each, against a textbook worker: `python -m bench.throughput`."""

from bench.throughput.announcing import blast
from bench.throughput.figures import BURST_S, STEADY_S, steady_rate
from bench.throughput.runs import LATENCY_MS, OURS, UNLIMITED, ours

__all__ = ["BURST_S", "LATENCY_MS", "OURS", "STEADY_S", "UNLIMITED", "blast", "ours", "steady_rate"]
