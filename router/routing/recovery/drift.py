"""Drift: changes of the portal since its catalog was pulled that affect a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from router import time_slice
from router.hubspot.api.gateway import Gateway
from router.hubspot.catalog import pull_catalog
from router.policy.leads.catalog import Catalog
from router.policy.rules.conditions import AllOf, AnyOf, Condition, NoneOf, OneOf, Test
from router.policy.rules.facts import sources_of
from router.policy.rules.policy import Policy
from router.policy.rules.scoring import Scorecard
from router.routing.portal.services import Services
from router.rulefiles.load import ROUTING, SCORING, load_policy
from router.rulefiles.words.catalog_file import CATALOG_FILE, dump_catalog, parse_catalog
from router.rulefiles.yaml.mistakes import Mistake

MOST_TOLD: Final = 50
"""Sentences kept; a portal that was reset has one cause to mend first."""


def check_drift(services: Services) -> tuple[str, ...] | None:
    """Compare the live rules with the live portal, and publish for /health the changes that affect a rule.

    None if the time slice is over once the portal is read: the next call compares, without reading it again.
    Four calls on a small portal, behind leads. Raises `HubSpotError`, `NoRules` or `redis.RedisError`.
    """
    services.rules.policy()
    catalog = services.store.nights.take_catalog()
    if catalog is None:
        catalog = dump_catalog(pull_catalog(services.hubspot, priority="sweep"))
        if time_slice.is_over():
            services.store.nights.keep_catalog(catalog)
            return None
    files = services.rules.files
    found = drift_between(files, parse_catalog(catalog))
    services.rules.note_drift(found, catalog=files[CATALOG_FILE])
    for sentence in found:
        services.log.warning("portal.drifted", what=sentence)
    return found


def drift_of(gateway: Gateway, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The portal's changes that affect these files. Raises `HubSpotError`, `CatalogUnreadableError`."""
    return drift_between(files, pull_catalog(gateway, priority="sweep"))


def drift_between(files: Mapping[str, bytes], now: Catalog) -> tuple[str, ...]:
    """A sentence for each change from the files' own catalog to `now` that affects a rule.

    The files are checked against both catalogs: a mistake only under the new one is drift.
    """
    before = parse_catalog(files[CATALOG_FILE])
    then, today = load_policy(files, catalog=before), load_policy(files, catalog=now)
    known = {_key(one) for one in then.mistakes}
    found = [_sentence(one) for one in today.mistakes if _key(one) not in known]
    if then.policy is not None:
        found += _renamed(then.policy, before, now)
        found += _retyped(then.policy, before, now)
    return tuple(dict.fromkeys(found))[:MOST_TOLD]


def _key(mistake: Mistake) -> tuple[str, int, int, str]:
    return mistake.file, mistake.line, mistake.column, mistake.message


def _sentence(mistake: Mistake) -> str:
    hint = f" {mistake.hint}" if mistake.hint else ""
    return f"{mistake.file}:{mistake.line}:{mistake.column}: {mistake.message}.{hint}"


def _renamed(policy: Policy, before: Catalog, now: Catalog) -> Iterator[str]:
    """Options whose label has changed: the rule still works, and may mean something else."""
    for file, line, fact, value in _values_asked_for(policy):
        was, is_now = (_label(catalog, fact, value) for catalog in (before, now))
        if was is not None and is_now is not None and was != is_now:
            yield (
                f"{file}:{line}:1: the option '{value}' of {fact} is called '{is_now}' now, no longer "
                f"'{was}'. See whether the rule still means it, then run 'router pull'."
            )


def _retyped(policy: Policy, before: Catalog, now: Catalog) -> Iterator[str]:
    for fact in sorted(policy.types):
        of_contact, of_company = sources_of(fact)
        for name in (*of_contact, *(f"company.{one}" for one in of_company)):
            was, is_now = before.property(name), now.property(name)
            if was is not None and is_now is not None and was.type != is_now.type:
                yield (
                    f"{ROUTING}:1:1: the property {name} is of type {is_now.type} now, no longer "
                    f"{was.type}. Run 'router pull', then 'router check'."
                )
            elif was is not None and is_now is None and name != fact:
                yield (
                    f"{ROUTING}:1:1: HubSpot no longer has the property {name}, from which {fact} is made. "
                    f"Create it again, or remove the conditions on {fact}."
                )


def _label(catalog: Catalog, fact: str, value: str) -> str | None:
    found = catalog.property(fact)
    options = found.options if found else ()
    return next((option.label for option in options if option.value == value), None)


def _values_asked_for(policy: Policy) -> Iterator[tuple[str, int, str, str]]:
    """File, line, fact and value of every text that a rule, a segment or a table of points compares with."""
    conditions = [(rule.when, rule.line) for rule in policy.rules]
    conditions += [(segment.when, 1) for segment in policy.segments if segment.when is not None]
    for condition, line in conditions:
        for test in _tests(condition):
            yield from ((ROUTING, test.line or line, *pair) for pair in _pairs(test.fact, test.matcher))
    for card in (policy.scoring.fit, policy.scoring.engagement):
        yield from ((SCORING, 1, *pair) for pair in _scored(card))


def _scored(card: Scorecard) -> Iterator[tuple[str, str]]:
    for table in card.tables:
        for line in table.lines:
            yield from _pairs(table.fact, line.matcher)


def _pairs(fact: str, matcher: object) -> Sequence[tuple[str, str]]:
    if not isinstance(matcher, OneOf):
        return ()
    return [(fact, value) for value in sorted(map(str, matcher.values))]


def _tests(condition: Condition) -> Iterator[Test]:
    match condition:
        case Test():
            yield condition
        case AllOf(parts) | AnyOf(parts) | NoneOf(parts):
            for part in parts:
                yield from _tests(part)
