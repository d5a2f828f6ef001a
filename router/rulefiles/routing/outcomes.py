"""Reader of `outcomes` in routing.yaml: when a lead is won, lost or finished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.hubspot.properties import STATUS
from router.policy.leads.catalog import Catalog, FactType
from router.policy.results.outcomes import FINISHED, LOST, STATUSES, WON, Outcomes, Values
from router.rulefiles.words.values import option_exists
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Map, Node, YamlEntry

OUTCOME_KEYS: Final = ("won", "lost", "finished")
_EXAMPLE: Final = "Write {lifecyclestage: [opportunity, customer]}."


def usual_outcomes(catalog: Catalog) -> Outcomes:
    """The outcomes without settings in routing.yaml: HubSpot's own values, if the portal has them."""
    return _outcomes(_there(WON, catalog), _there(LOST, catalog), FINISHED, catalog)


def read_outcomes(entry: YamlEntry, file: FileReader, catalog: Catalog) -> Outcomes:
    """The outcomes; each key that is left out has its usual meaning."""
    fields = file.fields(entry.value, "'outcomes'", known=OUTCOME_KEYS) or {}
    found = {
        name: _values(fields[name].value, file, catalog, what=f"'{name}'")
        if name in fields
        else _there(usual, catalog)
        for name, usual in (("won", WON), ("lost", LOST))
    }
    _refuse_both(fields, found, file)
    finished = FINISHED
    if "finished" in fields:
        finished = _chosen(fields["finished"].value, STATUS, file, catalog, what="'finished'")
    outcomes = _outcomes(found["won"], found["lost"], finished, catalog)
    if not outcomes.open_statuses:
        hint = "Take those out of 'finished' with which a rep still works on the lead."
        file.error(entry.key, "no lead status is left with which a lead is open", hint)
    return outcomes


def _outcomes(won: Values, lost: Values, finished: frozenset[str], catalog: Catalog) -> Outcomes:
    """The outcomes; a lead that is won or lost by its status counts as finished, too."""
    closed = finished | won.get(STATUS, frozenset()) | lost.get(STATUS, frozenset())
    known = catalog.contact.get(STATUS)
    statuses = tuple(option.value for option in known.options) if known and known.options else STATUSES
    return Outcomes(won, lost, tuple(status for status in statuses if status not in closed))


def _there(usual: Values, catalog: Catalog) -> Values:
    """Those of HubSpot's usual values that the portal has; it may have renamed or dropped them."""
    found: dict[str, frozenset[str]] = {}
    for name, values in usual.items():
        known = catalog.contact.get(name)
        options = frozenset(option.value for option in known.options) if known else frozenset[str]()
        if there := values & options:
            found[name] = there
    return found


def _values(node: Node, file: FileReader, catalog: Catalog, *, what: str) -> Values:
    if not isinstance(node, Map):
        file.error(node, f"{what} is not written as 'property: values'", _EXAMPLE)
        return {}
    return {
        line.key.text: _chosen(line.value, line.key.text, file, catalog, what=f"'{line.key.text}'")
        for line in file.entries(node, what)
        if _is_choice(line, file, catalog)
    }


def _is_choice(line: YamlEntry, file: FileReader, catalog: Catalog) -> bool:
    name = line.key.text
    known = catalog.contact.get(name)
    choices = [each.name for each in catalog.contact.values() if each.type is FactType.CHOICE]
    if known is None:
        message = f"HubSpot has no contact property '{name}'"
        file.error(
            line.key, message, "Create it in HubSpot, then run 'router pull'.", like=name, among=choices
        )
    elif known.type is not FactType.CHOICE:
        hint = "Write lifecyclestage, hs_lead_status or another property with options."
        file.error(line.key, f"{name} ({known.label}) has no options to choose one from", hint)
    return known is not None and known.type is FactType.CHOICE


def _chosen(node: Node, name: str, file: FileReader, catalog: Catalog, *, what: str) -> frozenset[str]:
    known = catalog.contact.get(name)
    if known is None:
        file.error(node, f"HubSpot has no contact property '{name}'", "Run 'router pull'.")
        return frozenset()
    fact = Fact(name, known.type, known.label, {option.value: option for option in known.options})
    return frozenset(one.text for one in file.scalars(node, what) if option_exists(one, fact, file))


def _refuse_both(fields: Mapping[str, YamlEntry], found: Mapping[str, Values], file: FileReader) -> None:
    for name, values in found["won"].items():
        for value in sorted(values & found["lost"].get(name, frozenset())):
            at = fields.get("lost") or fields["won"]
            file.error(at.key, f"{name} '{value}' is both won and lost", "Take it out of one of them.")
