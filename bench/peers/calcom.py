"""Cal.com's weighted round robin with calibration (`getLuckyUser.ts`, commit 0c22c1f2).

Counted per calendar month. A host's shortfall is their part by weight (of all hosts, present or not) of
the month's bookings and calibrations, less what they have of both; the largest shortfall is next, then the
larger weight, then the least recently booked. Calibration is what a host missed: bookings per host before
they joined this month, and bookings that others had during their leave divided by the number of others,
neither of them weighted.
"""

from __future__ import annotations

import random

from bench.peers.streams import Stream

MONTH_DAYS = 30


def deal(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:  # noqa: ARG001 - no chance in it
    """Lead, rep and day of each assignment, in order."""
    last = dict.fromkeys(stream.reps, -1)
    booked: dict[int, int] = {}
    missed: dict[int, float] = {}
    month, hosts = -1, frozenset[int]()
    dealt = []
    for lead, arrival in enumerate(stream.arrivals):
        day = arrival.day
        if day // MONTH_DAYS != month:  # debts vanish with the month
            month, booked, missed = day // MONTH_DAYS, dict.fromkeys(stream.reps, 0), {}
            hosts = frozenset(rep for rep in stream.reps if stream.joins.get(rep, 0) <= day)
        joined = frozenset(rep for rep in stream.reps if stream.joins.get(rep, 0) <= day)
        for rep in joined - hosts:
            missed[rep] = missed.get(rep, 0.0) + sum(booked.values()) / len(hosts)
        hosts = joined
        pot = sum(booked.values()) + sum(missed.values())
        total = sum(stream.weights[rep] for rep in hosts)
        winner = max(
            stream.eligible(arrival, day),
            key=lambda rep: (
                round(pot * stream.weights[rep] / total - booked[rep] - missed.get(rep, 0.0), 9),
                stream.weights[rep],
                -last[rep],
            ),
        )
        dealt.append((lead, winner, day))
        booked[winner] += 1
        last[winner] = lead
        for rep in hosts & stream.away.get(day, frozenset()):
            missed[rep] = missed.get(rep, 0.0) + 1 / max(1, len(hosts) - 1)
    return dealt
