"""Plans to undo a revision or to reroute a rule: untouched leads are decided again by the live rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct, field

from router.ledger.latest import last_words
from router.policy.decision.decision import Decision
from router.policy.explanation.decision_record import from_record
from router.routing.followup.reassign import Reassigning, reassign
from router.routing.portal.services import Services
from router.routing.take_back.judging import TakeBackStep, judged
from router.routing.take_back.take_back_context import CannotTakeBack, TakeBackContext, take_back_context
from router.rulefiles.yaml.mistakes import did_you_mean

READ_AT_ONCE: Final = 500
"""Decisions read from the ledger together."""
AT_A_TIME: Final = 50
"""Leads judged together: HubSpot returns the histories of at most this many in one call."""
CLOCKS_DIFFER: Final = timedelta(minutes=1)


class Plan(Struct, frozen=True):
    """The leads that would move, in the order of their decisions, and by contact id why the others stay."""

    run: str
    since: datetime
    """From when on decisions were looked for (aware UTC)."""
    steps: tuple[TakeBackStep, ...] = ()
    stay: Mapping[str, str] = field(default_factory=dict)


def plan_undo(services: Services, revision: str, *, progress: Callable[[int], None] = lambda _: None) -> Plan:
    """Plan the undoing of a revision: the owners it set that would change, and the new ones.

    The first digits of the revision are enough. A lead goes back to the owner before if that owner is still
    active, else wherever the live rules send it now. Nothing is changed. Two history reads and one batch read
    per hundred leads; `progress` is called with the number of leads looked at. Raises `CannotTakeBack`,
    `HubSpotError`, `NoRules`, and what ledger and Redis raise.
    """
    services.rules.refresh()
    policy = services.rules.policy()
    changes = [one for one in services.ledger.revisions.all(counted=0) if one.revision.startswith(revision)]
    found = sorted({one.revision for one in changes})
    if not found:
        raise CannotTakeBack(f"No revision {revision} was ever live here. See: router revisions")
    if len(found) > 1:
        raise CannotTakeBack(f"Several revisions begin with {revision}. Give one more digit.")
    whole = found[0]
    if whole == policy.revision:
        raise CannotTakeBack(
            f"Revision {whole} is live: it would decide its leads the same way again. Put the files before "
            "it back into the rules folder (such as by git revert), then undo it."
        )
    since = min(datetime.fromisoformat(one.live_since) for one in changes) - CLOCKS_DIFFER
    why = {"fr": f"la révision {whole} a été annulée", "en": f"revision {whole} was undone"}
    context = take_back_context(
        services, services.rules.compiled(), kind="undo", name=whole, why=why[policy.language]
    )

    def set_by_it(written: Mapping[str, Any]) -> bool:
        return bool(written["outcome"]["kind"] == "assigned")

    decisions = _concerned(services, since=since, until=context.now, concerns=set_by_it, revision=whole)
    return _plan(services, context, decisions, since=since, progress=progress)


def plan_reroute(
    services: Services, rule: str, *, since: datetime, progress: Callable[[int], None] = lambda _: None
) -> Plan:
    """Plan the rerouting of leads that a rule decided since then (aware UTC), by the live rules.

    A lead that they send to the same team, queue or rep stays with its owner. The rule need not be live any
    more, but some rule has to have had the name. Costs and raises like `plan_undo`.
    """
    services.rules.refresh()
    policy = services.rules.policy()
    why = {"fr": f"les règles ont changé depuis « {rule} »", "en": f'the rules have changed since "{rule}"'}
    context = take_back_context(
        services, services.rules.compiled(), kind="reroute", name=rule, why=why[policy.language]
    )
    decisions = _concerned(services, since=since, until=context.now, concerns=lambda _: True, rule=rule)
    plan = _plan(services, context, decisions, since=since, progress=progress)
    names = [one.name for one in policy.rules]
    if rule not in names and not plan.steps and not plan.stay:
        hint = (
            did_you_mean(rule, names) or "Write the name as it stands in routing.yaml, or a longer --since."
        )
        raise CannotTakeBack(f'No live rule is called "{rule}", and none decided a lead in that time. {hint}')
    return plan


def carry_out(services: Services, plan: Plan) -> Reassigning:
    """Reassign the leads of the plan; the drain of the inbox moves them, so the caller wakes a worker.

    A person who is faster wins: each lead is read again before it is written. Safe to repeat and to leave
    half-way: a new plan holds what is left. Raises like `reassign`.
    """
    return reassign(services, [step.wanted for step in plan.steps], run=plan.run)


def _plan(
    services: Services,
    context: TakeBackContext,
    concerned: Iterable[Sequence[Decision]],
    *,
    since: datetime,
    progress: Callable[[int], None],
) -> Plan:
    steps: list[TakeBackStep] = []
    stay: dict[str, str] = {}
    for decisions in concerned:
        steps += judged(services, context, decisions, stay)
        progress(len(decisions))
    return Plan(context.run, since, tuple(steps), stay)


def _concerned(
    services: Services,
    *,
    since: datetime,
    until: datetime,
    concerns: Callable[[Mapping[str, Any]], bool],
    revision: str | None = None,
    rule: str | None = None,
) -> Iterator[Sequence[Decision]]:
    """The last decisions about the leads concerned, by the revision or rule, up to 50 at a time."""
    after, waiting = "", list[Decision]()
    while True:
        page = last_words(
            services.ledger,
            since=since,
            until=until,
            after=after,
            limit=READ_AT_ONCE,
            revision=revision,
            rule=rule,
        )
        live = (one for one in page.records if one.get("mode", "live") == "live" and concerns(one))
        waiting += [from_record(one) for one in live]
        after = page.after
        while len(waiting) >= AT_A_TIME or (waiting and not after):
            yield waiting[:AT_A_TIME]
            waiting = waiting[AT_A_TIME:]
        if not after:
            return
