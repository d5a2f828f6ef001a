"""The facts that a policy needs of each lead, with their types."""

from __future__ import annotations

from collections.abc import Iterable

from router.hubspot.properties import LAST_CONVERSION
from router.policy.leads.catalog import Catalog, FactType
from router.policy.leads.derived import DERIVED
from router.policy.rules.conditions import ALWAYS, tests_in
from router.policy.rules.policy import Rule, facts_asked
from router.policy.rules.scoring import Scoring, Segment


def facts_named(
    scoring: Scoring, segments: Iterable[Segment], rules: Iterable[Rule], catalog: Catalog
) -> dict[str, str]:
    """The FactType, as text, of each fact that a table, segment, rule or need names, sorted by name."""
    names = {table.fact for card in (scoring.fit, scoring.engagement) for table in card.tables}
    names.update(card.use for card in (scoring.fit, scoring.engagement) if card.use is not None)
    if scoring.fit.decay or scoring.engagement.decay:
        names.add(LAST_CONVERSION)
    for segment in segments:
        names.update(test.fact for test in tests_in(segment.when or ALWAYS))
    for rule in rules:
        names.update(test.fact for test in tests_in(rule.when))
        names.update(facts_asked(rule.action))
    types = {name: _type(name, catalog) for name in sorted(names)}
    return {name: str(found) for name, found in types.items() if found is not None}


def _type(name: str, catalog: Catalog) -> FactType | None:
    if name in DERIVED:
        return DERIVED[name]
    known = catalog.property(name)
    return known.type if known else None
