"""The figures of the bench: the rate behind the burst, and the CPU of housekeeping without its idle part."""

from __future__ import annotations

import pytest

from bench.throughput import BURST_S, STEADY_S, steady_rate
from bench.throughput.housekeeping import cost

BEGAN_MS = 1_000_000.0


def owned_at(*rates: tuple[float, float, float]) -> list[float]:
    """Moments (epoch ms) of leads: from and to these seconds after the beginning, so many per second."""
    return [
        BEGAN_MS + 1000 * (start + number / per_s)
        for start, end, per_s in rates
        for number in range(1, round((end - start) * per_s) + 1)
    ]


def test_the_burst_is_left_out() -> None:
    found = steady_rate(owned_at((0, BURST_S, 2_000), (BURST_S, 90, 900)), began_ms=BEGAN_MS)

    assert (found.per_s, found.span_s) == (pytest.approx(900), STEADY_S)


def test_leads_that_run_out_shorten_the_span_and_not_the_rate() -> None:
    found = steady_rate(owned_at((0, BURST_S, 2_000), (BURST_S, 33, 900)), began_ms=BEGAN_MS)

    assert (found.per_s, found.span_s) == (pytest.approx(900), pytest.approx(20))


def test_a_rate_of_the_burst_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="announce more"):
        steady_rate(owned_at((0, 10, 2_000)), began_ms=BEGAN_MS)


def test_what_an_idle_housekeeping_uses_is_no_cost_of_the_leads() -> None:
    found = cost(leads=20_000, used_s=1.8, idle_per_s=0.01, span_s=20)

    assert (found.cpu_us, found.idle_ms_per_s) == (pytest.approx(80), pytest.approx(10))
