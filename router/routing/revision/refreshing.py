"""Leads that stay as they are decided: what the record shows of their score is brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from router.crashpoints import crash_point
from router.hubspot.properties import DECISION_ID, DUE_AT, OWNER, STATUS
from router.hubspot.routing_properties import changes_for
from router.policy.decision.decision import Decision
from router.routing.intake.transitions import revised
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.routing.revision.comparing import Compared
from router.store.leads.leads import State

_OF_THE_DECISION: Final = (OWNER, STATUS, DECISION_ID, DUE_AT)
"""Properties that a lead keeps while its decision stands."""


def refresh(services: Services, leads: Sequence[Compared]) -> int:
    """Write score, grade, segment and reason of these leads, in one call; the number written.

    What they were decided on is noted, also of those of which nothing is shown. Safe to repeat. Raises
    `HubSpotError` or `redis.RedisError`; then nothing is noted.
    """
    if not leads:
        return 0
    changes = {
        one.changed.state.contact_id: _shown(one.decision)
        for one in leads
        if one.kind != "same" and one.changed.state.state is not State.SHADOW
    }
    outcomes = services.hubspot.update_contacts(changes, priority="verify") if changes else {}
    crash_point("after_refresh")
    written = {one for one, outcome in outcomes.items() if outcome.kind == "written"}
    now = services.clock()
    noted = [
        revised.compared_anew(
            one.changed.state,
            one.changed.as_kept(shown=(str(one.decision.score), one.decision.grade)),
            is_shown=one.kind != "same" and _is_up_to_date(one, written),
            now=now,
        )
        for one in leads
        if one.changed.state.contact_id not in changes or one.changed.state.contact_id in written
    ]
    apply(services, noted)
    return len(written)


def _is_up_to_date(one: Compared, written: set[str]) -> bool:
    return one.changed.state.state is State.SHADOW or one.changed.state.contact_id in written


def _shown(decision: Decision) -> dict[str, str]:
    changes = changes_for(decision, current_status="")
    return {name: value for name, value in changes.items() if name not in _OF_THE_DECISION}
