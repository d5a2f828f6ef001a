"""The replay of leads under a policy: outcome, rule and reason of each lead, worded as online."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from router.policy.backtest.dealing.dealing import Dealt
from router.policy.backtest.judging.grading import ScoreClass
from router.policy.backtest.judging.judging import Kind
from router.policy.backtest.judging.numbering import Ints
from router.policy.decision.decision import Assigned, Outcome
from router.policy.decision.narrative import sentence
from router.policy.rules.policy import Policy, Rule
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD


class JudgedLeads(Struct, frozen=True):
    """The results of a judge: `kind_of` and `standing_of` are each lead's places in the two lists.

    `standings` is the list of score classes.
    """

    kinds: Sequence[Kind]
    kind_of: Ints
    standings: Sequence[ScoreClass]
    standing_of: Ints

    def scores(self) -> Ints:
        """Each lead's score in points: fit plus engagement."""
        score_of = np.array([one.fit + one.engagement for one in self.standings])
        return score_of[self.standing_of]


class ReplayedLeads(Struct, frozen=True):
    """The leads replayed under a policy; each lead is named by its place in the order of arrival."""

    policy: Policy
    judged: JudgedLeads
    dealt: Dealt

    def outcome(self, lead: int) -> Outcome:
        """The outcome for the lead."""
        return self.dealt.outcome_slots[int(self.dealt.outcome_slot_of[lead])].outcome

    def rule(self, lead: int) -> Rule:
        """The rule that took the lead."""
        return self.policy.rules[self.judged.kinds[int(self.judged.kind_of[lead])].rule]

    def reason(self, lead: int) -> str:
        """The sentence for the lead's record, in the policy's language."""
        placement = self.dealt.outcome_slots[int(self.dealt.outcome_slot_of[lead])].placement
        score_class = self.judged.standings[int(self.judged.standing_of[lead])]
        if isinstance(placement.outcome, Assigned) and placement.how == "turn":
            share = Share(placement.outcome.rep or "", LEAD, int(self.dealt.credit_of[lead]))
            placement = replace(placement, shares=(share,))
        return sentence(
            placement,
            rule=self.rule(lead).name,
            grade=score_class.grade,
            segment=score_class.segment,
            score=score_class.fit + score_class.engagement,
            language=self.policy.language,
        )
