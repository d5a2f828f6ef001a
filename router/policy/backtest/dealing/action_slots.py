"""Action slots: groups of leads that share an action, with the rotation that is valid now."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import timedelta

from router.policy.backtest.dealing.fast_rotation import FastRotation, SlowRotation
from router.policy.backtest.judging.judging import Kind
from router.policy.leads.lead import Value
from router.policy.rules.policy import Assign, Policy, Rule, ToTeam


class ActionSlot:
    """One action for leads with the same facts for it; its rotation is valid until eligibility may change.

    `until` is an instant (µs since 1970); `version` is that of the daily limits, see `dealing`.
    """

    __slots__ = ("asked", "known", "outcome_slots", "rotation", "rule", "sla", "team", "until", "version")

    def __init__(self, rule: Rule, asked: Mapping[str, Value], *, sla: timedelta) -> None:
        self.rule = rule
        self.asked = asked
        self.sla = sla
        self.until = 0
        self.version = -1
        self.rotation: FastRotation | SlowRotation | None = None
        self.outcome_slots: list[int] = []
        """One outcome slot, or one for each rep of the rotation."""
        action = rule.action
        self.team = action.to.team if isinstance(action, Assign) and isinstance(action.to, ToTeam) else None
        self.known: dict[Hashable, tuple[FastRotation | SlowRotation, list[int]]] = {}
        """Rotation and outcome slots, by the team's presence class and the reps at their daily limit."""


def action_slots_of(policy: Policy, kinds: Sequence[Kind]) -> list[ActionSlot]:
    """The action slot of each kind; kinds share a slot when action, SLA and facts are equal."""
    known: dict[object, ActionSlot] = {}
    found = []
    for kind in kinds:
        rule = policy.rules[kind.rule]
        sla = rule.sla or policy.default_sla
        key = (rule.action if isinstance(rule.action, Assign) else kind.rule, sla, kind.asked)
        slot = known.get(key)
        if slot is None:
            slot = known[key] = ActionSlot(rule, dict(kind.asked), sla=sla)
        found.append(slot)
    return found
