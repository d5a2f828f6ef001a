"""The fate of work that failed: snooze, retry, park or crash. Only this file chooses it.

| failure | fate |
|---|---|
| no call budget, a 429, a lock, a pause, no access (the gateway has paused all calls already) | snooze |
| HubSpot brought nothing usable | retry, soon |
| HubSpot refuses the read itself: rule files and portal do not fit | snooze, and say so loudly |
| no good rule files yet | snooze |
| the ledger cannot be used (locked, full, absent, corrupt …) | snooze, and say so loudly |
| anything else, Redis included | crash: the claims come back by themselves after the lease |

Snoozed work is given back uncounted. A batch that HubSpot refuses to read is divided first, by
`workers.drain`. A single lead that HubSpot refuses to write, and one that was tried too often, is parked by
`router.routing.intake.route`: until a person comes if other leads were written meanwhile, else until the
outage ends.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeAlias

from msgspec import Struct

from router.hubspot.api.errors import (
    AccessDenied,
    ComeBackLater,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unreachable,
)
from router.ledger import LEDGER_ERRORS
from router.routing.portal.live_rules import NoRules

RETRY_AFTER: Final = timedelta(seconds=1)
MISFIT_AFTER: Final = timedelta(seconds=15)
LEDGER_AFTER: Final = timedelta(seconds=5)


class Snooze(Struct, frozen=True):
    """The leads are fine: give them back and try again after `wait`. `loud`: a person should look."""

    wait: timedelta
    why: str
    loud: bool = False


class Crash(Struct, frozen=True):
    """A bug, or a broken neighbour: stop, loudly."""


Fate: TypeAlias = Snooze | Crash


def fate_of(error: BaseException) -> Fate:
    """The fate of a batch whose routing raised `error`."""
    match error:
        case ComeBackLater():
            return Snooze(timedelta(seconds=max(0.05, error.retry_after_s)), str(error))
        case AccessDenied():
            return Snooze(RETRY_AFTER, str(error), loud=True)
        case Unreachable() | OutcomeUnknown() | NotSent():
            return Snooze(RETRY_AFTER, str(error))
        case Refused() | NotFound():
            return Snooze(MISFIT_AFTER, str(error), loud=True)
        case NoRules():
            return Snooze(MISFIT_AFTER, str(error))
        case _ if isinstance(error, LEDGER_ERRORS):
            return Snooze(LEDGER_AFTER, str(error).partition("\n")[0], loud=True)
        case _:
            return Crash()
