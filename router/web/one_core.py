"""Keeping the receiver on one processor core, which saves a quarter of its CPU time at full load.

Python runs one thread at a time. On two cores the data that threads share has to follow them from one core to
the other. Measured with `python -m bench.receiver_tricks one_core` (2 cores, 100 events, medians of two times
7 pairs): without it a delivery takes 1.32 times the CPU at full load, 1.05 times at 50 POST/s; p50 1.11 and
1.04 times.
"""

from __future__ import annotations

import os
import random
import sys


def stay_on_one_core() -> None:
    """Keep all future threads on one core, where the system can do so (macOS cannot)."""
    if sys.platform == "linux":
        # A random one: in containers process ids are alike, and all processes would choose the same core.
        core = random.choice(sorted(os.sched_getaffinity(0)))  # noqa: S311 - nothing secret depends on it
        os.sched_setaffinity(0, {core})
