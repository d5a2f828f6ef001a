"""Delivering the notices of one receiver, and what becomes of each: sent, refused, or tried later."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from router.hubspot.api.errors import ComeBackLater, HubSpotError, NotFound, OutcomeUnknown, Refused
from router.notify import NotifyError, Rejected, Unclear
from router.policy.rules.policy import Policy
from router.routing.outbox.send import NoticeToSend, send
from router.routing.portal.services import Services
from router.store.leads.leads import State
from router.store.worklists.notices import ASSIGNED, Notice
from router.timestamps import in_ms

GIVE_UP_AFTER: Final = timedelta(days=1)
TURN_S: Final = 45.0
"""Seconds after which a receiver's turn ends. With the last message it is shorter than a notice's lease."""
FAILURES_IN_A_ROW: Final = 2
"""Failures after which the receiver counts as down, and the rest of its notices wait: one may be at fault."""
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(hours=1)


class Failed(Struct, frozen=True):
    """The receiver has trouble that passes. `wait` is its own word for how long; None: it says nothing."""

    why: str
    wait: timedelta | None = None


Fate = Literal["sent", "over"] | Failed
"""`over`: the notice is settled, and the receiver was not asked or has refused this one."""


def deliver_all(services: Services, policy: Policy, ready: Sequence[NoticeToSend]) -> int:
    """Deliver notices to one receiver, one after the other; the number sent. The rest is tried later.

    Raises `redis.RedisError`; the notices that are left are then taken again after their lease.
    """
    sent = in_a_row = 0
    ends_at = time.monotonic() + TURN_S
    for place, one in enumerate(ready):
        if time.monotonic() >= ends_at:
            for left in ready[place:]:
                services.store.notices.put_back(left.notice, at_ms=services.now_ms())
            break
        fate = _deliver(services, policy, one)
        sent += fate == "sent"
        if not isinstance(fate, Failed):
            in_a_row = 0
            continue
        in_a_row += 1
        if fate.wait is not None or in_a_row >= FAILURES_IN_A_ROW:
            for left in ready[place + 1 :]:
                _put_off(services, left, fate)
            break
    return sent


def _deliver(services: Services, policy: Policy, one: NoticeToSend) -> Fate:
    """Deliver one notice if it still holds."""
    notices = services.store.notices
    if not _is_true(services, one.notice):
        notices.settle(one.notice, None)
        return "over"
    claim = notices.claim(one.notice, now_ms=services.now_ms())
    if claim != "ours":
        if claim == "out":
            _settle(services, one, outcome="unclear", why="A process ended while it was sending this.")
        return "over"
    try:
        send(services, policy, one)
    except (Unclear, OutcomeUnknown) as error:
        _settle(services, one, outcome="unclear", why=str(error))
        return Failed(str(error))
    except (Rejected, Refused, NotFound) as error:
        _give_up(services, one, outcome="refused", why=str(error))
        return "over"
    except ComeBackLater as error:
        return _put_off(services, one, Failed(str(error), timedelta(seconds=max(1.0, error.retry_after_s))))
    except (NotifyError, HubSpotError) as error:
        return _put_off(services, one, Failed(str(error)))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # A record that no message can be made of must not hold up the others.
        services.log.exception("notice.failed", contact_id=one.notice.contact_id)
        _give_up(
            services, one, outcome="refused", why=f"No message can be made of it: {type(error).__name__}."
        )
        return "over"
    _settle(services, one, outcome="sent")
    return "sent"


def _is_true(services: Services, notice: Notice) -> bool:
    """True if the notice still holds: the owner has the lead, or for `taken` no longer has it."""
    return _is_theirs(services, notice) is not notice.about.startswith("taken")


def _is_theirs(services: Services, notice: Notice) -> bool:
    """True if the lead is still with the owner that the notice names."""
    state = services.store.leads.recall([notice.contact_id]).get(notice.contact_id)
    return (
        state is not None
        and state.state in (State.WRITTEN, State.DONE)
        and (state.decision_id, state.owner_id) == (notice.decision_id, notice.owner_id)
    )


def _settle(services: Services, one: NoticeToSend, *, outcome: str, why: str = "") -> None:
    """Record the outcome of the notice in ledger and log."""
    notice = one.notice
    services.store.notices.settle(notice, _event(services, one, outcome=outcome, why=why))
    services.log.info("rep.notified", contact_id=notice.contact_id, channel=notice.channel, outcome=outcome)


def _give_up(services: Services, one: NoticeToSend, *, outcome: str, why: str) -> None:
    """Park the notice for a person; it is recorded once, and never tried again."""
    notice, event = one.notice, _event(services, one, outcome=outcome, why=why)
    services.store.notices.park(notice, why=why, now=services.clock(), event=event)
    services.log.warning("notice.parked", contact_id=notice.contact_id, channel=notice.channel, why=why)


def _put_off(services: Services, one: NoticeToSend, failed: Failed) -> Failed:
    """Schedule another try after twice the last wait; after a day the notice is parked for a person."""
    notice, now_ms = one.notice, services.now_ms()
    if now_ms - notice.since_ms >= in_ms(GIVE_UP_AFTER):
        _give_up(services, one, outcome="given_up", why=failed.why)
        return failed
    wait = failed.wait or min(_FIRST_WAIT * 2 ** min(notice.attempts, 10), _LONGEST_WAIT)
    again = notice if failed.wait else replace(notice, attempts=notice.attempts + 1)
    services.store.notices.put_back(again, at_ms=now_ms + in_ms(wait))
    services.log.info(
        "notice.put_off",
        contact_id=notice.contact_id,
        channel=notice.channel,
        why=failed.why,
        attempts=again.attempts,
    )
    return failed


def _event(services: Services, one: NoticeToSend, *, outcome: str, why: str) -> dict[str, Any]:
    notice = one.notice
    return {
        "at": services.clock().isoformat(),
        "kind": "notified",
        "decision": notice.decision_id,
        "channel": notice.channel,
        "rep": notice.to or one.record["outcome"]["rep"],
        "outcome": outcome,
        **({} if notice.about == ASSIGNED else {"about": notice.about}),
        **({"why": why} if why else {}),
    }
