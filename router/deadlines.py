"""How long each wait of a lead lasts, in one place, because the waits depend on each other.

`LEAD_ROUTER_DEADLINES=0.1` in the environment makes all of them a tenth: the tests of faults do not wait for
minutes. It is read once, when the process starts; production leaves it unset.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Final

_SETTING: Final = "LEAD_ROUTER_DEADLINES"


def _scale() -> float:
    text = os.environ.get(_SETTING) or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1:
        raise SystemExit(f"{_SETTING} is {text}; use a number above 0 and at most 1, or leave it unset.")
    return scale


SCALE: Final = _scale()


def _scaled(**span: float) -> timedelta:
    return timedelta(**span) * SCALE


CALL: Final = _scaled(seconds=15)
"""One call to HubSpot, from its sending to the end of its answer."""
TURN: Final = _scaled(seconds=2)
"""One run of a housekeeping job; what is left goes on in its next turn, after those of the other jobs."""
LEASE: Final = _scaled(seconds=30)
"""Time without renewal after which another worker takes a claim over. Longer than a call."""
CLAIM_HELD_FOR: Final = 5 * LEASE
"""After this time another worker may write a decision that its first worker has not finished."""
STUCK: Final = 5 * LEASE
"""A lead not written this long after its decision has lost the worker that routed it."""
VERIFY_AFTER: Final = _scaled(seconds=3)
"""Owner histories are looked at this long after a write: soon enough to give a choice back in 10 s."""
SENT_AND_SILENT: Final = CALL + VERIFY_AFTER
"""A write is looked at this long after it was sent if nobody reported its answer: the process may be dead."""
DOUBT: Final = _scaled(seconds=90)
"""A write without answer can still be applied this long after it was sent. Longer than a lease."""
LOOK_EVERY: Final = _scaled(seconds=10)
"""Interval of the looks at a lead while a write of ours may be applied late."""
NIGHT_LOOK_AFTER: Final = _scaled(hours=1)
"""The one look at night comes at least this long after the doubt is over."""
LOST_WRITE_LOOKS: Final = (_scaled(), _scaled(seconds=15), _scaled(minutes=1), _scaled(minutes=5))
"""After Redis was emptied, lost writes are searched for at once, and so much later: search lags."""
MISSING_LOOKS: Final = (_scaled(seconds=2), _scaled(seconds=10), _scaled(seconds=60))
"""A contact that HubSpot does not find is looked for again this long after the first time."""
REVISE_LOOKS: Final = (_scaled(minutes=1), _scaled(minutes=5))
"""A lead that was decided with open facts is looked at again this long after it was announced."""
REVISE_SOON: Final = _scaled(seconds=3)
"""A lead that is on its way is looked at this much later: its decision is written and verified by then."""
REVISE_HELD: Final = _scaled(minutes=1)
"""Interval of the looks at a lead that the brake of revisions holds."""
NOTICE_AFTER: Final = _scaled(seconds=5)
"""Delay of a notice to a rep: owner histories are looked at three seconds after a write."""
NOTICE_AFTER_OPEN: Final = _scaled(seconds=15)
"""Delay of a notice of a lead that was decided with open facts."""
