"""The domain of each fact: its type, options and bounds, and whether it can have other values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct, field

from router.policy.leads.catalog import Catalog, FactType
from router.policy.leads.lead import Value
from router.policy.rules.conditions import Contains, Matcher, answering
from router.policy.rules.policy import Policy
from router.rulefiles.scoring.grades import grades_of
from router.rulefiles.words.vocabulary import Fact, Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Scalar

LISTED: Final = frozenset((FactType.TEXT, FactType.CHOICE, FactType.CHOICES))
"""Types whose values are names; those of the others have an order, or are true and false."""
_NEVER_MISSING: Final = frozenset(("fit", "engagement", "score", "grade", "segment"))
_KOSOVO_IS_NO_OPTION: Final = "country"
"""A lead's country can be XK (Kosovo), which the list of ISO codes does not have."""
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Kinds(Struct, frozen=True):
    """The domains of facts, as the policy and the portal define them."""

    words: Vocabulary
    types: Mapping[str, str]
    most: Mapping[str, int] = field(default_factory=dict)
    """The largest value of each sum of points; the smallest is 0."""

    def fact(self, name: str) -> Fact:
        """The fact from the catalog; if it has none, the fact with the policy's type and without options."""
        known = self.words.fact(Scalar(name, 0, 0), FileReader(""))
        return known or Fact(name, FactType(self.types.get(name, FactType.TEXT)))

    def is_open(self, fact: Fact) -> bool:
        """True if it can have unlisted values: free text, owners, a choice with archived options."""
        if fact.type not in LISTED:
            return False
        if not fact.options or fact.is_owner or fact.name == _KOSOVO_IS_NO_OPTION:
            return True
        return any(option.archived for option in fact.options.values())

    def can_be_missing(self, fact: Fact) -> bool:
        """False for facts that scoring always sets."""
        return fact.name not in _NEVER_MISSING


def kinds_of(policy: Policy, catalog: Catalog) -> Kinds:
    """The domains of facts in the policy and the portal's catalog."""
    scoring = policy.scoring
    computed = {
        "grade": grades_of(scoring.grade),
        "segment": tuple(segment.name for segment in policy.segments),
    }
    fit, engagement = scoring.fit.maximum, scoring.engagement.maximum
    return Kinds(
        words=Vocabulary(catalog, policy.roster.timezone, lists=None, computed=computed),
        types=policy.types,
        most={"fit": fit, "engagement": engagement, "score": fit + engagement},
    )


def unlisted(listed: Collection[Value], matchers: Sequence[Matcher]) -> str:
    """A value that is not listed and has no word that the matchers look for."""
    words = [answering(matcher) for matcher in matchers if isinstance(matcher, Contains)]
    spelling, number = "other", 1
    while spelling in listed or any(answer(spelling, _ANY_TIME) for answer in words):
        spelling, number = f"x{number}", number + 1
    return spelling
