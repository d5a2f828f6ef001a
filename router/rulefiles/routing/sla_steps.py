"""Reader of `sla` in routing.yaml: the steps that follow when a lead is overdue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, get_args

from msgspec import Struct

from router.policy.people.roster import Roster
from router.policy.results.work_signs import ANY_ACTIVITY, CONTACTED, Activity
from router.policy.rules.sla_steps import DUE, NO_SLA_STEPS, MoveToQueue, Reassign, SlaPolicy, SlaStep, Whom
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import TRUTHS, share, whole, within
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

SLA_KEYS: Final = ("default", "started_when", "on_breach", "segments")
STEP_KEYS: Final = ("after", "notify", "reassign", "move_to_queue")
REASSIGN_KEYS: Final = ("same_rule", "except", "at_most")
SEGMENT_KEYS: Final = ("on_breach",)
ACTIVITIES: Final[tuple[Activity, ...]] = ("call", "email", "meeting", "note")
WHOM: Final[tuple[Whom, ...]] = get_args(Whom)
PREVIOUS_REP: Final = "previous_rep"
LATEST: Final = 1000
"""Per cent of the SLA: a step later than ten times the SLA is a typing error."""
MOST_OFTEN: Final = 20
_STEP_HINT: Final = "Write - after: 100%, and below it notify: [rep, manager]."


class BreachReader(Struct, frozen=True):
    """Reads the steps; `segments` are those of the file, `roster` None if team.yaml could not be read."""

    file: FileReader
    roster: Roster | None
    segments: Collection[str]

    def sla_policy(self, fields: Mapping[str, YamlEntry]) -> SlaPolicy:
        """Everything in `sla` but its default time."""
        return SlaPolicy(
            started_when=self._activities(fields["started_when"].value)
            if "started_when" in fields
            else NO_SLA_STEPS.started_when,
            on_breach=self._steps(fields["on_breach"].value) if "on_breach" in fields else (),
            by_segment=self._by_segment(fields["segments"].value) if "segments" in fields else {},
        )

    def _activities(self, node: Node) -> frozenset[Activity]:
        found: set[Activity] = set()
        for written in self.file.scalars(node, "'started_when'"):
            hint = f"Name some of: {', '.join(ACTIVITIES)}."
            message = "'{}' is no activity that starts the work on a lead"
            activity = self.file.named(written, ACTIVITIES, message, hint)
            if activity is None:
                return ANY_ACTIVITY
            found.add(activity)
        missing = CONTACTED - found
        if missing and found & CONTACTED:
            hint = f"Add {' and '.join(one for one in ACTIVITIES if one in missing)}, or leave all three out."
            self.file.error(node, "HubSpot's contacts do not tell calls, e-mails and meetings apart", hint)
        return frozenset(found)

    def _by_segment(self, node: Node) -> dict[str, tuple[SlaStep, ...]]:
        found: dict[str, tuple[SlaStep, ...]] = {}
        for line in self.file.entries(node, "'segments'"):
            hint = f"The segments are: {', '.join(self.segments)}."
            self.file.named(line.key, self.segments, "there is no segment '{}'", hint)
            required = {"on_breach": "Add 'on_breach:' with the steps for this segment."}
            what = f"the segment '{line.key.text}'"
            fields = self.file.fields(line.value, what, known=SEGMENT_KEYS, required=required) or {}
            if "on_breach" in fields:
                found[line.key.text] = self._steps(fields["on_breach"].value)
        return found

    def _steps(self, node: Node) -> tuple[SlaStep, ...]:
        if isinstance(node, Scalar) and node.text:
            self.file.error(node, "'on_breach' is a list of steps", _STEP_HINT)
            return ()
        steps: list[SlaStep] = []
        for element in self.file.elements(node, "'on_breach'"):
            step = self._step(element)
            if step is None:
                continue
            if steps and step.after <= steps[-1].after:
                message = f"the step after {step.after}% stands below one after {steps[-1].after}%"
                self.file.error(element, message, "Write the steps in the order in which they happen.")
            steps.append(step)
        return tuple(steps)

    def _step(self, node: Node) -> SlaStep | None:
        required = {"after": "Add 'after: 100%': the share of the SLA that has passed."}
        fields = self.file.fields(node, "a step of 'on_breach'", known=STEP_KEYS, required=required)
        if fields is None or "after" not in fields:
            return None
        after = self._after(fields["after"])
        if len(fields) == 1:
            hint = "Add 'notify', 'reassign' or 'move_to_queue'."
            self.file.error(node, "a step of 'on_breach' does nothing", hint)
        if "reassign" in fields and "move_to_queue" in fields:
            hint = "Keep one of the two, or write the other as a later step."
            self.file.error(fields["move_to_queue"].key, "a step both reassigns the lead and queues it", hint)
        action: Reassign | MoveToQueue | None = None
        if "reassign" in fields:
            action = self._reassign(fields["reassign"].value)
        elif "move_to_queue" in fields:
            action = self._queue(fields["move_to_queue"].value)
        if action is not None and after is not None and after < DUE:
            hint = "Write 100% or more; before that a step can only notify."
            self.file.error(fields["after"].value, "a lead is not taken away before it is due", hint)
        notify = self._notify(fields["notify"]) if "notify" in fields else ()
        return None if after is None else SlaStep(after, notify, action)

    def _after(self, entry: YamlEntry) -> int | None:
        hint = "Write a percentage such as 100% (when the lead is due) or 150%."
        return self.file.value(entry, _percent, "'{}' is no share of the SLA", hint)

    def _notify(self, entry: YamlEntry) -> tuple[Whom, ...]:
        found: list[Whom] = []
        for written in self.file.scalars(entry.value, "'notify'"):
            hint = "Write rep, manager or [rep, manager]."
            whom = self.file.named(written, WHOM, "'{}' is nobody who can be told", hint)
            if whom == "manager" and self.roster is not None and not self.roster.managers:
                hint = "Add 'managers:' to team.yaml, or take 'manager' out."
                self.file.warning(written, "team.yaml names no managers, so none is told", hint)
            found += [whom] if whom else []
        return tuple(dict.fromkeys(found))

    def _reassign(self, node: Node) -> Reassign:
        fields = self.file.fields(node, "'reassign'", known=REASSIGN_KEYS) or {}
        self.file.value(
            fields.get("except"),
            {PREVIOUS_REP: True},
            "'except' cannot be '{}'",
            "Write previous_rep: whoever had the lead does not get it again.",
            among=(PREVIOUS_REP,),
        )
        same_rule = self.file.value(
            fields.get("same_rule"),
            TRUTHS,
            "'same_rule' is true or false, not '{}'",
            "Write true, or false to have all rules read again.",
        )
        at_most = self.file.value(
            fields.get("at_most"),
            within(1, MOST_OFTEN, whole),
            f"'at_most' is a whole number of times from 1 to {MOST_OFTEN}, not '{{}}'",
            "Afterwards only the managers are told.",
        )
        return Reassign(same_rule=same_rule is not False, at_most=at_most or Reassign().at_most)

    def _queue(self, node: Node) -> MoveToQueue | None:
        written = self.file.scalar(node, "'move_to_queue'")
        if written is None:
            return None
        if self.roster is not None:
            hint = "Add it under 'teams' in team.yaml."
            self.file.named(written, self.roster.teams, "there is no team '{}'", hint)
        return MoveToQueue(written.text)


def _percent(text: str) -> int | None:
    found = (share(text) or 0) * 100
    return int(found) if found == int(found) and 0 < found <= LATEST else None
