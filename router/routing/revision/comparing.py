"""What the live rules say of leads whose facts have changed; nothing is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import decide
from router.policy.decision.decision import Decision
from router.policy.decision.inputs import World
from router.policy.decision.trigger import Revised
from router.policy.leads.catalog import COMPANY_PREFIX
from router.policy.revising.comparison import Kind, RevisionKind, Stands, revision_of, stands_of
from router.policy.shares.share_book import Book
from router.routing.intake.affinity import affinity_memory
from router.routing.intake.late_facts.revisable import target_of
from router.routing.intake.work_item import WorkItem
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services
from router.routing.revision.changes import Changed
from router.store.leads.revisable import Revisable
from router.timestamps import from_epoch_ms


class Compared(Struct, frozen=True):
    """One changed lead, the trigger of its revision, and what the revision would do."""

    changed: Changed
    trigger: Revised
    decision: Decision
    kind: RevisionKind


def compare(services: Services, rules: LiveRules, leads: Sequence[Changed]) -> Iterator[Compared]:
    """Decide these leads on the live book, each as if it alone were revised.

    A lead that cannot be decided is logged and left out. Raises what HubSpot and Redis raise.
    """
    if not leads:
        return
    compiled, owners, now = rules.compiled(), services.people.owners.by_email(), services.clock()
    roster = compiled.policy.roster
    rep_of = reps_by_owner(owners, roster)
    mine = {one.state.contact_id: one.lead for one in leads}
    memory = affinity_memory(services.store.companies, compiled.affinity, mine)
    mine = dict(memory.with_previous_owners(mine))
    memory.read()
    fields, _ = services.store.commits.read_book([roster.day_of(now)])
    world = World(Book(fields), owners, now, services.people.availability.reported(roster, owners, now=now))
    for one in leads:
        state = one.state
        trigger = _trigger(one, rep_of.get(state.owner_id))
        excluded = frozenset(state.released_by)
        item = WorkItem(state.contact_id, (), state=state, excluded=excluded, trigger=trigger)
        request = item.request(memory.of(state.contact_id, own=False))
        try:
            decision = decide(compiled, mine[state.contact_id], world, request)
        except Exception:  # one poisonous lead must not hold up the others
            services.log.exception("lead.undecidable", contact_id=state.contact_id)
            continue
        kind = revision_of(stood(one.kept, owner_id=state.owner_id), _stands(compiled, decision))
        yield Compared(one, _with_company(trigger, one, decision), decision, kind)


def stood(kept: Revisable, *, owner_id: str) -> Stands:
    """The decision that stands, as it was kept; `owner_id` is its owner's."""
    return Stands(
        owner_id=owner_id,
        outcome=_kind_of(kept),
        team=kept.team,
        rule=kept.rule,
        sla=timedelta(milliseconds=kept.sla_ms),
        segment=kept.segment,
        status=kept.status,
        target=kept.target,
        shown=kept.shown,
    )


def _kind_of(kept: Revisable) -> Kind:
    match kept.outcome:
        case "assigned" | "queued" | "nurtured" | "left_alone":
            return kept.outcome
    raise ValueError(f"The kept outcome is {kept.outcome!r}, which no decision has.")


def _stands(compiled: CompiledPolicy, decision: Decision) -> Stands:
    at_rule = decision.rule, decision.rule_line
    sla = compiled.slas.get(at_rule, compiled.policy.default_sla)
    return stands_of(decision, sla=sla, target=target_of(compiled, decision))


def _trigger(one: Changed, rep: str | None) -> Revised:
    due_ms = one.kept.due_ms
    return Revised(
        owner_id=one.state.owner_id,
        rep=rep,
        due_at=None if due_ms is None else from_epoch_ms(due_ms),
        paid=one.kept.paid,
        told=one.kept.told,
    )


def _with_company(trigger: Revised, one: Changed, decision: Decision) -> Revised:
    """The trigger with the facts that were open and are known by now, and those of a changed company."""
    came = [fact for fact in one.kept.open_facts if fact in decision.facts]
    if one.company != one.kept.company:
        came += [
            fact for fact in decision.facts if fact.startswith(COMPANY_PREFIX) or fact == "account_owner"
        ]
    return replace(trigger, facts=tuple(dict.fromkeys(came)))
