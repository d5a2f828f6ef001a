"""Verification of owner histories: a person's choice that our write covered is given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from router.hubspot.api.records import HistoryEntry
from router.hubspot.properties import OWNER, STATUS
from router.hubspot.routing_properties import changes_for_restored
from router.routing.intake.transitions import owned as transitions
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.timestamps import from_epoch_ms, in_ms

HISTORIES_PER_CALL: Final = 50
DOUBT_LASTS: Final = timedelta(seconds=90)
"""A write whose outcome was unknown can still be applied this long after."""

SOON: Final = timedelta(seconds=3)
CLOCKS_DIFFER: Final = timedelta(minutes=2)
OURS: Final = "INTEGRATION"

Verdict = Literal["ours stands", "theirs stands", "theirs was covered"]


@dataclass(frozen=True, slots=True)
class HistoryFinding:
    """The verdict on a property's history. `covered` is the value to give back when our write covered it."""

    verdict: Verdict
    covered: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """Number of histories looked at, and number of choices given back."""

    looked_at: int
    restored: int


def read_history(
    history: Sequence[HistoryEntry], *, ours: str, expected: str, since: datetime
) -> HistoryFinding:
    """Judge a property's history (newest first) after we wrote `ours` where we had seen `expected`.

    `since` is the moment of the decision (aware UTC); older entries cannot be our write. An integration that
    wrote the same value after it counts as us.
    """
    start = next((n for n, one in enumerate(history) if not _is_our_write(one, ours=ours, since=since)), None)
    if start == 0 or not history:
        newest = history[0].value if history else ""
        # A person who sets the same value again agrees with our choice.
        return HistoryFinding("ours stands" if newest == ours else "theirs stands")
    if start is None:
        return HistoryFinding("ours stands")  # no other value was ever written
    before = history[start].value
    if before in (expected, ours):
        return HistoryFinding("ours stands")
    if ours == expected and not any(one.value == ours for one in history[start + 1 :]):
        return HistoryFinding("ours stands")  # it was ours already: our write of the same value left no entry
    return HistoryFinding("theirs was covered", covered=before)


def _is_our_write(entry: HistoryEntry, *, ours: str, since: datetime) -> bool:
    return entry.value == ours and entry.source_type == OURS and entry.at >= since - CLOCKS_DIFFER


def verify_owners(services: Services, *, limit: int = HISTORIES_PER_CALL) -> Verified:
    """Look at the histories that are due (one read call per 50) and give back choices our writes covered.

    Safe to repeat. Raises `HubSpotError` or `redis.RedisError`; then the rest stays due.
    """
    due = services.store.leads.to_verify(now_ms=services.now_ms(), limit=limit)
    if not due:
        return Verified(0, 0)
    states = services.store.leads.recall(due)
    written = {contact_id: state for contact_id, state in states.items() if _has_to_stand(state)}
    services.store.leads.verified([contact_id for contact_id in due if contact_id not in written])
    if not written:
        return Verified(len(due), 0)
    histories = services.hubspot.read_owner_history(list(written), (OWNER, STATUS), priority="verify")
    restored = 0
    for contact_id, state in written.items():
        history = histories.get(contact_id)
        if history is None:
            _end(services, transitions.gone_after_write(state, now=services.clock()))
            continue
        since = from_epoch_ms(state.at_ms) - DOUBT_LASTS
        finding = read_history(
            history[OWNER], ours=state.owner_id, expected=state.expected_owner_id, since=since
        )
        if finding.verdict == "theirs was covered":
            restored += _give_back(services, state, finding.covered, history[STATUS])
        elif finding.verdict == "theirs stands":
            owner_id = history[OWNER][0].value if history[OWNER] else ""
            _end(services, transitions.changed_by_a_person(state, owner_id=owner_id, now=services.clock()))
        elif state.doubtful and services.now_ms() < state.at_ms + in_ms(DOUBT_LASTS):
            services.store.leads.verify_again([contact_id], at_ms=state.at_ms + in_ms(DOUBT_LASTS))
        elif state.state is State.QUEUED:
            services.store.leads.verified([contact_id])
        else:
            _end(services, transitions.verified(state))
    return Verified(len(due), restored)


def _has_to_stand(state: LeadState) -> bool:
    """True if our write set an owner, or cleared one when a rep gave the lead back."""
    return state.state is State.WRITTEN or (state.state is State.QUEUED and bool(state.expected_owner_id))


def _give_back(services: Services, state: LeadState, owner_id: str, statuses: Sequence[HistoryEntry]) -> int:
    """Write the person's choice back; 1 if written. The history is due again, as it may have changed."""
    since = from_epoch_ms(state.at_ms) - DOUBT_LASTS
    status = _covered_status(statuses, since=since)
    policy = services.rules.policy()
    reason = {
        "fr": "Une personne avait choisi un propriétaire au même moment ; son choix est rétabli.",
        "en": "A person chose an owner at the same moment; their choice stands.",
    }[policy.language]
    changes = changes_for_restored(owner_id, status, reason=reason)
    outcome = services.hubspot.update_contacts({state.contact_id: changes}, priority="verify")[
        state.contact_id
    ]
    now = services.clock()
    if outcome.kind != "written":
        services.log.warning(
            "lead.not_restored", contact_id=state.contact_id, outcome=outcome.kind, why=outcome.reason
        )
        services.store.leads.verify_again([state.contact_id], at_ms=services.now_ms() + in_ms(SOON))
        return 0
    apply(services, [transitions.restored(state, owner_id=owner_id, now=now)])
    services.log.warning("lead.choice_restored", contact_id=state.contact_id, owner_id=owner_id)
    return 1


def _covered_status(statuses: Sequence[HistoryEntry], *, since: datetime) -> str | None:
    """The lead status that a person had set just before our write, or None if we covered none."""
    if len(statuses) < 2 or statuses[0].source_type != OURS or statuses[0].at < since:
        return None
    before = statuses[1]
    return before.value if before.source_type != OURS and before.at >= since and before.value else None


def _end(services: Services, transition: Transition) -> None:
    """Apply the transition and take the lead off the list of histories to look at."""
    apply(services, [transition])
    if transition.state is State.HUMAN:
        # The new owner has one more open lead, whether or not a webhook announces the change.
        services.store.changed.look_again([transition.contact_id], at_ms=services.now_ms())
    services.store.leads.verified([transition.contact_id])
