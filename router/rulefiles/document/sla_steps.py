"""The part of the document about overdue leads."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from router.policy.people.roster import Manager
from router.policy.results.work_signs import CONTACTED
from router.policy.rules.policy import Policy
from router.policy.rules.sla_steps import MoveToQueue, Reassign, SlaStep
from router.rulefiles.document.blocks import Block, Bullets, Heading, Paragraph
from router.rulefiles.document.phrases import either, percent, say


class BreachDescriber(Struct, frozen=True):
    """Describes the SLA steps for the overdue leads of one policy."""

    policy: Policy
    language: str

    def blocks(self) -> Iterator[Block]:
        """The activities that count as work, each step in order, and the managers."""
        sla_policy = self.policy.sla_policy
        yield Heading(3, self._say("overdue"))
        yield Paragraph(self._say("overdue_text", signs=self._signs()))
        if sla_policy.on_breach:
            yield Bullets(tuple(map(self.step, sla_policy.on_breach)), are_steps=True)
        elif not sla_policy.by_segment:
            yield Paragraph(self._say("overdue_nothing"))
        for segment, steps in sla_policy.by_segment.items():
            yield Paragraph(self._say("overdue_segment", segment=segment))
            yield Bullets(tuple(map(self.step, steps)), are_steps=True)
        if self.policy.roster.managers:
            yield Bullets(tuple(map(self._manager, self.policy.roster.managers)))

    def step(self, step: SlaStep) -> str:
        """Step such as `At 150%: the lead goes to the next rep by the same rule, at most 2 times.`"""
        done = []
        if step.notify:
            whom = " + ".join(self._say(f"tell_{one}") for one in step.notify)
            done.append(self._say("step_notify", whom=whom))
        match step.action:
            case Reassign(same_rule, at_most):
                done.append(
                    self._say("step_reassign" if same_rule else "step_reassign_anew", at_most=at_most)
                )
            case MoveToQueue(team):
                done.append(self._say("step_queue", team=team))
        return self._say(
            "step", percent=percent(step.after, 100, self.language), done=self._say("also").join(done)
        )

    def _signs(self) -> str:
        started_when = self.policy.sla_policy.started_when
        signs = ["sign_contact"] if started_when & CONTACTED else []
        signs += ["sign_note"] if "note" in started_when else []
        return either(self.language, [self._say(sign) for sign in (*signs, "sign_status")])

    def _manager(self, manager: Manager) -> str:
        if manager.teams:
            return self._say("manager_of", name=manager.name, teams=", ".join(manager.teams))
        return self._say("manager_of_all", name=manager.name)

    def _say(self, phrase: str, **words: object) -> str:
        return say(self.language, phrase, **words)
