"""HubSpot's "rotate record to owner" workflow action, as its users describe it.

No weights; one list of users per action, taken in turn. Availability does not hold for contacts, so
somebody edits the list when a rep goes on leave or comes back, and an edit resets the position (community
idea 211261; HubSpot's own answer there: adding or removing somebody "completely resets" the counts). That
it then begins with the first user is an inference. Leads that need a skill have an action of their own.
"""

from __future__ import annotations

import random

from bench.peers.streams import Stream


def deal(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:  # noqa: ARG001 - no chance in it
    """Lead, rep and day of each assignment, in order."""
    lists: dict[frozenset[int], list[int]] = {}
    positions: dict[frozenset[int], int] = {}
    dealt = []
    for lead, arrival in enumerate(stream.arrivals):
        members = stream.eligible(arrival, arrival.day)
        if lists.get(arrival.group) != members:
            lists[arrival.group], positions[arrival.group] = members, 0
        position = positions[arrival.group]
        dealt.append((lead, members[position % len(members)], arrival.day))
        positions[arrival.group] = position + 1
    return dealt
