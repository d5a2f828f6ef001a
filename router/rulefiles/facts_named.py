"""Which facts a policy needs to be told of each lead, and of which type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from router.hubspot.properties import LAST_CONVERSION
from router.policy.leads.catalog import Catalog, FactType
from router.policy.leads.derived import DERIVED
from router.policy.rules.conditions import Condition, Test
from router.policy.rules.policy import Action, Assign, Rule, owner_fact
from router.policy.rules.scoring import Scoring, Segment


def facts_named(
    scoring: Scoring, segments: Iterable[Segment], rules: Iterable[Rule], catalog: Catalog
) -> dict[str, str]:
    """The FactType, as text, of each fact that some table, segment, rule or need names, sorted by name."""
    names = {table.fact for card in (scoring.fit, scoring.engagement) for table in card.tables}
    names.update(card.use for card in (scoring.fit, scoring.engagement) if card.use is not None)
    if scoring.fit.decay or scoring.engagement.decay:
        names.add(LAST_CONVERSION)
    for segment in segments:
        names.update(_in_condition(segment.when) if segment.when else ())
    for rule in rules:
        names.update(_in_condition(rule.when))
        names.update(_in_action(rule.action))
    types = {name: _type(name, catalog) for name in sorted(names)}
    return {name: str(found) for name, found in types.items() if found is not None}


def _type(name: str, catalog: Catalog) -> FactType | None:
    if name in DERIVED:
        return DERIVED[name]
    known = catalog.property(name)
    return known.type if known else None


def _in_condition(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Test):
        yield condition.fact
        return
    for part in condition.parts:
        yield from _in_condition(part)


def _in_action(action: Action) -> Iterator[str]:
    if not isinstance(action, Assign):
        return
    if (fact := owner_fact(action.to)) is not None:
        yield fact
    for need in (*action.needs, *action.prefer):
        if need.from_fact is not None:
            yield need.from_fact
    if action.if_unavailable is not None:
        yield from _in_action(action.if_unavailable)
