"""The policy: rules, actions and settings; the first rule whose condition holds decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct, field

from router.policy.leads.settle import Settle
from router.policy.people.roster import Roster
from router.policy.results.outcomes import USUAL, Outcomes
from router.policy.rules.conditions import Condition
from router.policy.rules.night_settings import NIGHT, NightSettings
from router.policy.rules.scoring import Scoring, Segment
from router.policy.rules.sla_steps import NO_SLA_STEPS, SlaPolicy


class Method(StrEnum):
    """The method by which a team shares its leads."""

    FAIR_SHARE = "fair_share"
    LEAST_LOADED = "least_loaded"
    QUEUE = "queue"


class Need(Struct, frozen=True):
    """A requirement (`needs`) or preference (`prefer`) for a rep: a fixed value, or a fact of the lead."""

    kind: Literal["level", "skill", "language"]
    value: str | None = None
    from_fact: str | None = None


class ToTeam(Struct, frozen=True):
    """The lead goes to a team."""

    team: str


class ToRep(Struct, frozen=True):
    """The lead goes to one named rep."""

    rep: str


class ToAccountOwner(Struct, frozen=True):
    """The lead goes to the owner of its company."""


class ToPreviousOwner(Struct, frozen=True):
    """The lead goes to the owner who had the contact before it was deleted and created again."""


Target: TypeAlias = ToTeam | ToRep | ToAccountOwner | ToPreviousOwner


class Assign(Struct, frozen=True):
    """Give the lead to a rep, owner or queue; `if_unavailable` applies when nobody there is eligible."""

    to: Target
    method: Method = Method.FAIR_SHARE
    needs: tuple[Need, ...] = ()
    prefer: tuple[Need, ...] = ()
    if_unavailable: Assign | None = None
    any_hour: bool = False
    """True: a rep outside working hours may get the lead too; it is due in that rep's working time."""
    sticky: timedelta | None = None
    """The time in which a company's next lead goes to the rep of its last one; None: fair share decides."""
    push_after: timedelta | None = None
    """Working time after which an unclaimed lead leaves the queue by fair share; None: it waits."""


def owner_fact(target: Target) -> Literal["account_owner", "previous_owner"] | None:
    """The fact that holds the owner for this target; None for a team and a named rep."""
    match target:
        case ToAccountOwner():
            return "account_owner"
        case ToPreviousOwner():
            return "previous_owner"
        case _:
            return None


class Nurture(Struct, frozen=True):
    """Marketing keeps the lead: it gets no owner, and the properties `sets` are written."""

    workflow: str | None = None
    sets: Mapping[str, str] = field(default_factory=dict)


class DoNothing(Struct, frozen=True):
    """The lead goes to nobody; the decision records the reason."""


Action: TypeAlias = Assign | Nurture | DoNothing


def steps_of(action: Action | None) -> Iterator[Assign]:
    """The `assign` and its fallbacks (`if_unavailable`), in order; nothing for other actions."""
    while isinstance(action, Assign):
        yield action
        action = action.if_unavailable


def facts_asked(action: Action) -> tuple[str, ...]:
    """The facts on which it depends who of a rule's reps gets the lead."""
    names: dict[str, None] = {}
    for step in steps_of(action):
        names.update((need.from_fact, None) for need in (*step.needs, *step.prefer) if need.from_fact)
        if (fact := owner_fact(step.to)) is not None:
            names[fact] = None
    return tuple(names)


class Rule(Struct, frozen=True):
    """One rule of `routing.yaml`, at `line`. In a group the condition of the group is part of `when`."""

    name: str
    when: Condition
    action: Action
    line: int = 0
    sla: timedelta | None = None
    status: str | None = None
    task: bool = False
    """Whether the rep also gets a HubSpot task with the due time."""


OwnerCleared: TypeAlias = Literal["queue", "route_again", "leave"]
"""A lead whose owner was cleared waits in its team's queue, is decided again by the rules, or stays."""


class Policy(Struct, frozen=True):
    """The content of all rule files; `revision` is a hash of their text.

    `rules` ends with the catch-all rule `otherwise`, so exactly one rule takes every lead.
    """

    revision: str
    roster: Roster
    scoring: Scoring
    segments: tuple[Segment, ...]
    rules: tuple[Rule, ...]
    default_sla: timedelta
    default_status: str
    language: Literal["fr", "en"]
    types: Mapping[str, str]
    """FactType (as text) of every fact that a rule, table or need names, derived facts included."""
    mode: Literal["live", "shadow"] = "live"
    """In shadow mode everything is decided and recorded, and nothing is written to HubSpot."""
    night: NightSettings = NIGHT
    sla_policy: SlaPolicy = NO_SLA_STEPS
    """The steps for leads that nobody works on."""
    outcomes: Outcomes = USUAL
    owner_cleared: OwnerCleared = "queue"
    """What becomes of a lead of ours whose owner a person clears."""
    settle: Settle | None = None
    """None: a lead is decided at its first reading, and not again when its facts change."""
