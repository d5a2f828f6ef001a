"""The outcome of a night's plan: the present owner of each lead, and why the others stayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from router.policy.reports.night_report import NightMove, Note, Outcome
from router.policy.wording.phrases import say
from router.routing.followup.reassign import Reassigning, Reassignment, reassign
from router.routing.night.sweep import destination
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.people import People
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState, State
from router.store.store import Store
from router.store.worklists.night_plan import Planned

AT_A_TIME: Final = 1_000
_ON_THE_WAY: Final = frozenset({State.REOPENED, State.DECIDED})
_THEIRS: Final = frozenset({State.WRITTEN, State.DONE, State.QUEUED})


def move(services: Services, planned: Sequence[Planned], *, run: str) -> Reassigning:
    """Reassign these leads if they still have the planned owner. Safe to repeat: each moves once.

    Raises `NoRules` or `redis.RedisError`.
    """
    wanted = [
        Reassignment(
            one.contact_id,
            one.episode,
            one.owner_id,
            one.why,
            excluded=frozenset({one.owner_id} - {""}),
            rule=one.rule,
            to=destination(one.reason),
        )
        for one in planned
    ]
    return reassign(services, wanted, run=run)


def is_settled(planned: Sequence[Planned], *, store: Store) -> bool:
    """True if none of these leads is on its way any more."""
    return not any(state.state in _ON_THE_WAY for state in _states(planned, store=store) if state is not None)


def outcomes(
    planned: Iterable[Planned], *, store: Store, rules: LiveRules, people: People, held: bool
) -> tuple[NightMove, ...]:
    """The present outcome of each planned lead. With `held` none was moved yet."""
    listed = list(planned)
    policy = rules.policy()
    owners = people.owners.by_email()
    names = {owner.id: owner.name for owner in owners.values()} | reps_by_owner(owners, policy.roster)
    return tuple(
        _night_move(one, *(("held", one.goes_to, "") if held else _ended(one, state, names, policy.language)))
        for one, state in zip(listed, _states(listed, store=store), strict=True)
    )


def _states(planned: Sequence[Planned], *, store: Store) -> Iterator[LeadState | None]:
    for start in range(0, len(planned), AT_A_TIME):
        some = planned[start : start + AT_A_TIME]
        known = store.leads.recall([one.contact_id for one in some])
        yield from (known.get(one.contact_id) for one in some)


def _ended(
    one: Planned, state: LeadState | None, names: dict[str, str], language: str
) -> tuple[Outcome, str, Note]:
    """The outcome, the present owner, and in one word why the lead was left."""
    if state is None:
        return "refused", one.goes_to, one.left or "unknown"
    if state.state in _ON_THE_WAY:
        return "pending", one.goes_to, ""
    if state.state is State.PARKED:
        return "parked", one.goes_to, ""
    was_decided = state.episode > (one.episode if one.episode is not None else -1)
    if was_decided and state.state in _THEIRS:
        queue = say(language, "queued", team=state.queue)
        return "moved", names.get(state.owner_id, state.owner_id) if state.owner_id else queue, ""
    left: dict[State, Note] = {State.HUMAN: "person", State.GONE: "deleted"}
    return "refused", one.goes_to, one.left or left.get(state.state, "changed")


def _night_move(one: Planned, outcome: Outcome, goes_to: str, note: Note) -> NightMove:
    return NightMove(
        contact_id=one.contact_id,
        reason=one.reason,
        moment=one.moment,
        came_from=one.came_from,
        goes_to=goes_to,
        rule=one.rule,
        outcome=outcome,
        note=note,
    )
