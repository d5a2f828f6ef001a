"""Corrections on the records: covered choices are given back, overtaken decisions written again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, get_args

from msgspec import Struct

from router.crashpoints import crash_point
from router.deadlines import SENT_AND_SILENT, VERIFY_AFTER
from router.hubspot.api.errors import HubSpotError, OutcomeUnknown
from router.hubspot.api.records import Kind, Outcome
from router.hubspot.properties import DECISION_ID, OWNER
from router.hubspot.routing_properties import changes_for_restored
from router.routing.intake.transitions import owned as transitions
from router.routing.intake.transitions.apply import apply
from router.routing.portal.services import Services
from router.routing.verification.missing import look_for
from router.routing.verification.owner_history import RightfulOwner
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.sends.permit import Permit
from router.store.sends.send import Send
from router.store.sends.sends import Sending
from router.timestamps import in_ms

CONSUMER: Final = "verify"
MOST_TIMES: Final = 5
"""A decision is written again this often at most."""
_REASONS: Final = {
    "fr": "Une personne avait choisi un propriétaire au même moment ; son choix est rétabli.",
    "en": "A person chose an owner at the same moment; their choice stands.",
}


class Correction(Struct, frozen=True):
    """A lead whose record shows another owner than the rightful one.

    `status` is a person's lead status that our write covered together with their choice of owner, or None.
    """

    state: LeadState
    owner: RightfulOwner
    status: str | None

    @property
    def is_ours(self) -> bool:
        """True if a later decision of ours is to be written again, and no person's choice given back."""
        return self.owner.send is not None

    @property
    def is_vain(self) -> bool:
        """True if HubSpot has confirmed it again and again, and never shows it."""
        return self.is_ours and self.state.written_again >= MOST_TIMES


def correct(services: Services, corrections: Sequence[Correction]) -> int:
    """Write the rightful owners in one call, and say when each lead is looked at next; the number written.

    What is sent is kept first, like every write, so it can be told from a person's next choice. Raises
    `HubSpotError` or `redis.RedisError`; then nothing was written, as far as is known, and the leads stay
    due.
    """
    if not corrections:
        return 0
    permit, began_ms = Permit(services.clock()), services.now_ms()
    sendings = [_sending(one) for one in corrections]
    mine = services.store.sends.begin(sendings, consumer=CONSUMER, now_ms=began_ms)
    asked = {one.state.contact_id: one for one in corrections if one.state.contact_id in mine}
    outcomes = _send(services, asked, permit, began_ms=began_ms)
    crash_point("after_correction")
    done = _record(services, asked, outcomes)
    ended = [one for one, outcome in outcomes.items() if outcome.kind in ("refused", "gone", "merged")]
    services.store.verify.looked_at(dict.fromkeys(ended, began_ms + in_ms(SENT_AND_SILENT)))
    left = {one.state.contact_id for one in corrections} - done - set(ended)
    services.store.verify.look_again(left, at_ms=services.now_ms() + in_ms(VERIFY_AFTER))
    return len(done)


def given_up(one: Correction, *, why: str, now: datetime) -> Transition:
    """What HubSpot refuses, or takes and never shows, is not tried for ever: a person is told."""
    whose = "The owner of our decision" if one.is_ours else "A person's choice of owner"
    owner_id = one.owner.owner_id or "(nobody)"
    words = f"{whose}, {owner_id}, cannot be put back on the record: {why}"
    return transitions.not_corrected(one.state, why=words, now=now)


def _sending(one: Correction) -> Sending:
    state, present = one.state, one.owner
    send = present.send or Send(
        state.episode,
        present.owner_id,
        # It may cover nothing but our own write: any choice after it stands.
        present.covered_by.owner_id if present.covered_by else "",
        present.covered_by.seen_ms if present.covered_by else 0,
    )
    return Sending(state.contact_id, state.state, state.episode, (), send)


def _changes(services: Services, one: Correction) -> dict[str, str]:
    if one.owner.send is None:
        language = services.rules.live.language if services.rules.live else "en"
        return changes_for_restored(one.owner.owner_id, one.status, reason=_REASONS[language])
    if one.state.changes and one.owner.send.episode == one.state.episode:
        return {**one.state.changes, OWNER: one.owner.owner_id}
    return {OWNER: one.owner.owner_id, DECISION_ID: one.owner.send.decision_id}


def _transition(services: Services, one: Correction) -> Transition:
    now = services.clock()
    if one.is_ours:
        return transitions.written_again(one.state, owner_id=one.owner.owner_id, now=now)
    return transitions.given_back(one.state, owner_id=one.owner.owner_id, now=now)


def _send(
    services: Services, asked: dict[str, Correction], permit: Permit, *, began_ms: int
) -> Mapping[str, Outcome]:
    """Send the corrections in one call; the outcome of each. Raises HubSpotError if nothing was changed."""
    changes = {contact_id: _changes(services, one) for contact_id, one in asked.items()}
    crash_point("before_correction")
    try:
        return services.hubspot.update_contacts(
            changes, priority="verify", may_send=lambda: permit.may_send(services.clock())
        )
    except OutcomeUnknown as error:
        return dict.fromkeys(changes, Outcome("unknown", reason=str(error)))
    except HubSpotError:  # nothing was changed: no write of ours is on its way
        services.store.sends.withdraw(asked, now_ms=began_ms)
        services.store.verify.look_again(asked, at_ms=began_ms)
        raise


def _record(services: Services, asked: dict[str, Correction], outcomes: Mapping[str, Outcome]) -> set[str]:
    """Move the leads as HubSpot's outcomes say; those whose record now shows the rightful owner."""
    by_kind = {kind: [one for one in asked if outcomes[one].kind == kind] for kind in get_args(Kind)}
    written = [asked[one] for one in by_kind["written"]]
    moved = apply(services, [_transition(services, one) for one in written])
    done = {one.state.contact_id for one, moves in zip(written, moved, strict=True) if moves}
    _report(services, asked, outcomes, done)
    refused = [one for one in by_kind["refused"] if asked[one].state.state is not State.PARKED]
    now = services.clock()
    apply(services, [given_up(asked[one], why=outcomes[one].reason, now=now) for one in refused])
    look_for(services, {one: asked[one].state for one in (*by_kind["gone"], *by_kind["merged"])})
    overtaken = [one.state.contact_id for one in written if one.state.contact_id not in done]
    services.store.sends.doubt(overtaken, now_ms=services.now_ms())
    services.store.changed.look_again(done, at_ms=services.now_ms())
    return done


def _report(
    services: Services, asked: dict[str, Correction], outcomes: Mapping[str, Outcome], done: set[str]
) -> None:
    for contact_id, one in asked.items():
        outcome = outcomes[contact_id]
        if contact_id in done:
            kind = "lead.decision_restored" if one.is_ours else "lead.choice_restored"
            services.log.warning(kind, contact_id=contact_id, owner_id=one.owner.owner_id)
        elif outcome.kind != "written":
            services.log.warning(
                "lead.not_restored", contact_id=contact_id, outcome=outcome.kind, why=outcome.reason
            )
