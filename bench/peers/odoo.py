"""Odoo's lead assignment (`addons/crm/models/crm_team.py`, commit 0010edf3): a daily run with quotas.

Each member may have `assignment_max` leads in 30 days; the run of a day gives at most a thirtieth of it,
rounded half up, less what they had in the last 24 hours. Members stand in a list by quota left, ties by
chance; leads are taken by probability, the best first, and go to the first member who may have them, who
then moves to the end, or leaves the list with no quota left. What is left over waits for the next run, for
seven days at most. Reps on leave are opted out by hand.
"""

from __future__ import annotations

import math
import random

from bench.peers.streams import DAYS, LEADS_PER_DAY, Stream

OLDEST_DAYS = 7


def deal(stream: Stream, chance: random.Random) -> list[tuple[int, int, int]]:
    """Lead, rep and day of each assignment, in order. Some leads may never be given."""
    total = sum(stream.weights)
    most = [round(30 * LEADS_PER_DAY * weight / total) for weight in stream.weights]
    waiting: list[int] = []
    arriving = list(enumerate(stream.arrivals))
    dealt = []
    for day in range(DAYS):
        waiting = [lead for lead in waiting if day - stream.arrivals[lead].day <= OLDEST_DAYS]
        while arriving and arriving[0][1].day == day:
            waiting.append(arriving.pop(0)[0])
        # The run before was 24 hours ago, so what it gave does not count against this one.
        quota = {rep: math.floor(most[rep] / 30 + 0.5) for rep in stream.here(day)}
        members = sorted(
            (rep for rep in quota if quota[rep] > 0), key=lambda rep: (-quota[rep], chance.random())
        )
        unserved = []
        for lead in sorted(waiting, key=lambda one: -stream.arrivals[one].value):
            rep = next((one for one in members if one in stream.arrivals[lead].group), None)
            if rep is None:
                unserved.append(lead)
                continue
            dealt.append((lead, rep, day))
            members.remove(rep)
            quota[rep] -= 1
            if quota[rep] > 0:
                members.append(rep)
        waiting = unserved
    return dealt
