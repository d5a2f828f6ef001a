"""This product's own rotation, as it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from bench.peers.streams import Stream
from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.lead_value import ONE_LEAD, LeadValue, points_of
from router.policy.shares.share import Share
from router.policy.shares.share_book import Book, credit_field, largest_field, last_field, refund_of

TEAM = "bench"


def deal(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:  # noqa: ARG001 - no chance in it
    """Lead, rep and day of each assignment, in order."""
    return _deal(stream, lambda _value, _largest: ONE_LEAD)


def deal_by_value(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:  # noqa: ARG001 - nor here
    """The same by `fair_by: value`, with a hundred points for a lead of average value."""
    return _deal(stream, lambda value, largest: points_of(round(value * 100), largest=largest))


def _deal(stream: Stream, worth_of: Callable[[float, int], LeadValue]) -> list[tuple[int, int, int]]:
    fields: dict[str, int] = {}
    dealt = []
    paid: dict[int, Mapping[str, int]] = {}
    for lead, arrival in enumerate(stream.arrivals):
        for seen in [one for one in paid if stream.taken[one] <= lead]:
            for name, change in refund_of(paid.pop(seen)).items():
                fields[name] = fields.get(name, 0) + change
        lead_value = worth_of(arrival.value, fields.get(largest_field(TEAM), 0))
        shares = [
            Share(
                str(rep),
                round(stream.weights[rep] * 1000),
                fields.get(credit_field(TEAM, str(rep), lead_value.unit), 0),
                fields.get(last_field(TEAM, str(rep)), 0),
            )
            for rep in stream.eligible(arrival, arrival.day)
        ]
        winner = next_up(shares, lead_value=lead_value)
        changes = pay(shares, winner, team=TEAM, book=Book(fields), lead_value=lead_value)
        for name, change in changes.items():
            fields[name] = fields.get(name, 0) + change
        if lead in stream.taken:
            paid[lead] = changes
        dealt.append((lead, int(winner), arrival.day))
    return dealt
