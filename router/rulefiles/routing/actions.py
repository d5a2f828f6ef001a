"""Reader of a rule's action: the target of its leads, or that they get no owner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from msgspec import Struct, field

from router.hubspot.properties import STATUS
from router.policy.leads.catalog import Catalog
from router.policy.people.roster import Roster
from router.policy.rules.policy import (
    Action,
    Assign,
    DoNothing,
    Method,
    Nurture,
    Target,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.rulefiles.routing.needs import NeedReader
from router.rulefiles.routing.stickiness import EVERY_TEAM, read_sticky
from router.rulefiles.words.vocabulary import Vocabulary
from router.rulefiles.words.written_values import ValueWriter
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import TRUTHS, span
from router.rulefiles.yaml.tree import Map, Node, Scalar, YamlEntry

ACTION_KEYS: Final = ("assign", "do", "sla", "status", "task")
ASSIGN_KEYS: Final = (
    "team",
    "rep",
    "to",
    "method",
    "needs",
    "prefer",
    "hours",
    "sticky",
    "if_unavailable",
    "push_after",
)
LONGEST_SLA: Final = timedelta(hours=1000)
_RELATIONS: Final[Mapping[str, Target]] = {
    "account_owner": ToAccountOwner(),
    "previous_owner": ToPreviousOwner(),
}
_WORKING_UNITS: Final = ("min", "minute", "minutes", "h", "hour", "hours")
LATER: Final[Mapping[str, str]] = {
    "fair_by": "what is shared fairly is said of the team, in team.yaml",
    "weights": "this version takes weights from team.yaml only",
    "mode": "this version has no modes of assignment",
}
_LATER_METHODS: Final = frozenset(("hybrid", "weighted"))
_TARGETS: Final = ("team", "rep", "to")


class ReadAction(Struct, frozen=True):
    """An action with its due time and status; None where the rule leaves them to the defaults."""

    action: Action
    sla: timedelta | None
    status: str | None
    task: bool = False


class ActionReader(Struct, frozen=True):
    """Reads `assign`, `do`, `sla` and `status`; `roster` is None if team.yaml could not be read."""

    file: FileReader
    words: Vocabulary
    roster: Roster | None
    sticky: Mapping[str, timedelta | None] = field(default_factory=dict)
    """Stickiness by team for rules that do not set it."""

    @property
    def catalog(self) -> Catalog:
        """The portal that statuses and properties are checked against."""
        return self.words.catalog

    def done(self, fields: Mapping[str, YamlEntry], *, at: Node, what: str) -> ReadAction | None:
        """The action of these keys; exactly one of `assign` and `do` must be among them."""
        sla = self.sla(fields["sla"]) if "sla" in fields else None
        status = self.status(fields["status"].value) if "status" in fields else None
        hint = "Write true for a HubSpot task with the due time, or false."
        task = self.file.value(fields.get("task"), TRUTHS, "'task' is true or false, not '{}'", hint)
        if "assign" in fields and "do" in fields:
            self.file.error(fields["do"].key, f"{what} has two actions", "Keep 'assign' or 'do', not both.")
            return None
        if "assign" in fields:
            assign = self.assign(fields["assign"].value)
            return None if assign is None else ReadAction(assign, sla, status, bool(task))
        if "do" not in fields:
            self.file.error(at, f"{what} has no action", "Add 'assign: {team: …}' or 'do: nothing'.")
            return None
        for name in ("sla", "task"):
            if name in fields:
                message = f"'{name}' has no effect on leads that get no owner"
                self.file.error(fields[name].key, message, f"Remove '{name}'.")
        action = self._do(fields["do"].value)
        return None if action is None else ReadAction(action, sla, status)

    def sla(self, entry: YamlEntry) -> timedelta | None:
        """Working time to answer a lead, up to 1000 hours; no days, as working days differ in length."""
        hint = "Write minutes or hours, such as 15min or 4h; they count in the rep's working hours."
        return self.file.value(entry, _working_time, "'{}' is no time to answer a lead in", hint)

    def status(self, node: Node) -> str | None:
        """An option of hs_lead_status."""
        written = self.file.scalar(node, "'status'")
        if written is None:
            return None
        return ValueWriter(self.file, self.catalog).value(STATUS, written)

    def assign(self, node: Node) -> Assign | None:
        """The target of the lead, the team's method, and the fallback if no rep is available."""
        fields = self.file.fields(node, "'assign'", known=ASSIGN_KEYS, later=LATER)
        if fields is None:
            return None
        named = [name for name in _TARGETS if name in fields]
        if len(named) != 1:
            message = "'assign' names nobody" if not named else f"'assign' names {' and '.join(named)}"
            self.file.error(node, message, "Name one: 'team: …', 'rep: …' or 'to: account_owner'.")
            return None
        to = self._target(named[0], fields[named[0]])
        method = self._method(fields["method"].value) if "method" in fields else Method.FAIR_SHARE
        # The working time for which a queue waits for a claim before it gives the lead itself.
        push_after = self.file.value(
            fields.get("push_after"),
            _working_time,
            "'{}' is no time to wait for a claim",
            "Write minutes or hours, such as 30min or 2h; they count in the team's working hours.",
        )
        self._check_effects(fields, named[0], method)
        reader = NeedReader(self.file, self.words, self.roster)
        needs, prefer = (reader.needs(fields[n]) if n in fields else () for n in ("needs", "prefer"))
        otherwise = self.assign(fields["if_unavailable"].value) if "if_unavailable" in fields else None
        if to is None or method is None:
            return None
        if isinstance(to, ToTeam) and needs:
            reader.check_somebody_fits(fields["needs"].key, to.team, needs)
        hint = "Write 'hours: ignore', or remove it: reps at work then come first."
        any_hour = self.file.value(fields.get("hours"), {"ignore": True}, "'hours' cannot be '{}' here", hint)
        sticky = self._sticky(fields, to, method)
        return Assign(to, method, needs, prefer, otherwise, bool(any_hour), sticky, push_after)

    def _sticky(self, fields: Mapping[str, YamlEntry], to: Target, method: Method) -> timedelta | None:
        if "sticky" in fields:
            return read_sticky(fields["sticky"].value, self.file)
        if not isinstance(to, ToTeam) or method is Method.QUEUE:
            return None
        return self.sticky.get(to.team, self.sticky.get(EVERY_TEAM))

    def _target(self, kind: str, entry: YamlEntry) -> Target | None:
        if kind == "to":
            hint = "Write 'to: account_owner', 'to: previous_owner', 'team: …' or 'rep: …'."
            return self.file.value(entry, _RELATIONS, "'to' cannot be '{}'", hint, among=_RELATIONS)
        known: Collection[str] | None = None
        if self.roster is not None:
            known = self.roster.teams if kind == "team" else self.roster.reps
        name = self.file.value(
            entry,
            lambda text: text if known is None or text in known else None,
            f"there is no {kind} '{{}}'",
            f"Add it under '{kind}s' in team.yaml.",
            among=known or (),
        )
        return None if name is None else ToTeam(name) if kind == "team" else ToRep(name)

    def _method(self, node: Node) -> Method | None:
        written = self.file.scalar(node, "'method'")
        if written is None:
            return None
        if written.text in tuple(Method):
            return Method(written.text)
        hint = "Write fair_share (by the weights of team.yaml), least_loaded or queue."
        if written.text in _LATER_METHODS:
            self.file.error(written, f"this version does not know the method '{written.text}'", hint)
        else:
            message = f"there is no method '{written.text}'"
            self.file.error(written, message, hint, like=written.text, among=tuple(Method))
        return None

    def _check_effects(self, fields: Mapping[str, YamlEntry], target: str, method: Method | None) -> None:
        """Refuse keys that would change nothing, because their author expects an effect."""
        for name in ("method", "needs", "prefer", "hours", "sticky"):
            # A named rep must still have what the lead needs; the needs are not checked for an account's
            # owner.
            checked = name == "needs" and target == "rep"
            if name in fields and target != "team" and not checked:
                message = f"'{name}' has no effect with '{target}'"
                self.file.error(fields[name].key, message, f"Remove '{name}', or name a team.")
        pushes = "push_after" in fields and target == "team" and method is Method.QUEUE
        if "push_after" in fields and not pushes and method is not None:
            message = "'push_after' has an effect on a team's queue only"
            self.file.error(fields["push_after"].key, message, "Remove it, or add 'method: queue'.")
        for name in ("needs", "prefer", "hours", "sticky", "if_unavailable"):
            if name in fields and target == "team" and method is Method.QUEUE and not pushes:
                message = f"'{name}' has no effect on a queue, which takes every lead"
                self.file.error(fields[name].key, message, f"Remove '{name}', or use method: fair_share.")

    def _do(self, node: Node) -> Action | None:
        if isinstance(node, Scalar) and node.text == "nothing":
            return DoNothing()
        if isinstance(node, Scalar) and node.text == "nurture":
            return Nurture()
        fields = self.file.fields(node, "'do'", known=("nurture",)) if isinstance(node, Map) else None
        if not fields:
            hint = "Write 'do: nothing' or do: {nurture: {workflow: …, set: {…}}}."
            self.file.error(node, "'do' is 'nothing' or 'nurture'", hint)
            return None
        parts = self.file.fields(fields["nurture"].value, "'nurture'", known=("workflow", "set")) or {}
        workflow = self.file.scalar(parts["workflow"].value, "'workflow'") if "workflow" in parts else None
        sets = ValueWriter(self.file, self.catalog).values(parts["set"].value) if "set" in parts else {}
        return Nurture(workflow.text if workflow else None, sets)


def _working_time(text: str) -> timedelta | None:
    found = span(text) if text.endswith(_WORKING_UNITS) else None
    return found if found and found <= LONGEST_SLA else None
