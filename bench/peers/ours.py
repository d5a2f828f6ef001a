"""This product's own rotation, as it is."""

from __future__ import annotations

import random

from bench.streams import Stream
from router.policy.book import Book, credit_field, last_field
from router.policy.decision import Share
from router.policy.rotation import next_up, pay

TEAM = "bench"


def deal(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:  # noqa: ARG001 - no chance in it
    """Lead, rep and day of each assignment, in order."""
    fields: dict[str, int] = {}
    dealt = []
    for lead, arrival in enumerate(stream.arrivals):
        shares = [
            Share(
                str(rep),
                round(stream.weights[rep] * 1000),
                fields.get(credit_field(TEAM, str(rep)), 0),
                fields.get(last_field(TEAM, str(rep)), 0),
            )
            for rep in stream.eligible(arrival, arrival.day)
        ]
        winner = next_up(shares)
        for name, change in pay(shares, winner, team=TEAM, book=Book(fields)).items():
            fields[name] = fields.get(name, 0) + change
        dealt.append((lead, int(winner), arrival.day))
    return dealt
