"""The part of the document about the outcomes of leads: won, lost, open."""

from __future__ import annotations

from collections.abc import Iterator

from router.hubspot.properties import STATUS
from router.policy.results.outcomes import Outcomes, Values
from router.policy.rules.conditions import OneOf, Test
from router.rulefiles.document.blocks import Block, Bullets, Heading, Paragraph
from router.rulefiles.document.conditions import ConditionDescriber
from router.rulefiles.document.phrases import say


def describe_outcomes(outcomes: Outcomes, conditions: ConditionDescriber) -> Iterator[Block]:
    """The rules for when a lead counts as won, lost or open."""
    language = conditions.language
    yield Heading(2, say(language, "outcomes"))
    yield Paragraph(say(language, "outcomes_text"))
    open_with: Values = {STATUS: frozenset(outcomes.open_statuses)}
    kinds = (("won", outcomes.won), ("lost", outcomes.lost), ("open", open_with))
    yield Bullets(
        tuple(
            say(language, f"outcome_{name}", values=_values(values, conditions))
            for name, values in kinds
            if values
        )
    )


def _values(values: Values, conditions: ConditionDescriber) -> str:
    tests = (Test(fact=name, matcher=OneOf(telling), written="") for name, telling in values.items())
    return "; ".join(conditions.lines(tests))
