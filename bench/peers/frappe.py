"""Frappe's assignment rule "load balancing" (`assignment_rule.py`, commit 3932d1a9).

Whoever has the fewest open tasks is next, ties in the order of the list; no weights. How fast a rep closes
is theirs: here three days on average, twice as fast or slow from one rep to another.
"""

from __future__ import annotations

import heapq
import random

from bench.peers.streams import Stream

CLOSES_IN_DAYS = 3.0


def deal(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:
    """Lead, rep and day of each assignment, in order."""
    pace = [CLOSES_IN_DAYS * 2 ** chance.uniform(-1, 1) for _ in stream.reps]
    open_tasks = dict.fromkeys(stream.reps, 0)
    closings: list[tuple[float, int]] = []
    dealt = []
    for lead, arrival in enumerate(stream.arrivals):
        while closings and closings[0][0] <= arrival.day:
            open_tasks[heapq.heappop(closings)[1]] -= 1
        winner = min(stream.eligible(arrival, arrival.day), key=lambda rep: (open_tasks[rep], rep))
        open_tasks[winner] += 1
        heapq.heappush(closings, (arrival.day + chance.expovariate(1 / pace[winner]), winner))
        dealt.append((lead, winner, arrival.day))
    return dealt
