"""Lets Python sleep below faketime; every Python process that `tests.every_hour` starts loads this first.

Python sleeps until a moment of the monotonic clock. libfaketime 0.9.10 answers that with "Invalid argument"
where it leaves that clock alone; where it does not, waiting for a lock never ends.
"""

import select
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = _sleep
