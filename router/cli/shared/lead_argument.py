"""A lead from the command line, or from a JSON file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
import orjson

from router.cli.shared.failures import UserError
from router.cli.shared.rules_here import RulesHere
from router.cli.shared.time import now_here
from router.policy.leads.lead import Lead
from router.rulefiles.rule_tests.leads import LeadReader, lead_of
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import moment
from router.rulefiles.yaml.tree import Map, Scalar, YamlEntry

TYPED: Final = "typed"
"""The id of a lead that is not in HubSpot."""
_FORM: Final = 'Write {"zip": "75011", "company.industry": "BANKING"}, or a contact of HubSpot\'s API.'


def lead_typed(arguments: Sequence[str], here: RulesHere) -> Lead:
    """The lead of `prop=value …`, checked as in a rule test. Raises UserError with every mistake."""
    written = {}
    for place, argument in enumerate(arguments, 1):
        name, _, value = argument.partition("=")
        written[name] = (place, value)
    return _checked(written, FileReader("lead", tuple(arguments)), here)


def lead_in(path: Path, here: RulesHere) -> Lead:
    """The lead of a JSON file: properties by name, or a contact as HubSpot's API gives it.

    The latter is not checked, and may have the properties of a `company`. Raises UserError with every
    mistake.
    """
    try:
        parsed = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UserError(f"{path} is no JSON: {error}. {_FORM}") from error
    if not isinstance(parsed, dict):
        raise UserError(f"{path} holds no lead. {_FORM}")
    if isinstance(parsed.get("properties"), dict):
        company = parsed.get("company") or {}
        company = company.get("properties", company) if isinstance(company, dict) else {}
        return Lead(str(parsed.get("id") or TYPED), _texts(parsed["properties"]), _texts(company))
    written = {name: (1, text) for name, text in _texts(parsed).items()}
    return _checked(written, FileReader(path.name), here)


def moment_typed(text: str | None, timezone: ZoneInfo) -> datetime:
    """The moment of `--now` in the team's time zone, in UTC; without one it is now."""
    if text is None:
        return now_here()
    found = moment(text, timezone)
    if found is None:
        raise click.UsageError(f"'{text}' is no moment. Write --now 2026-11-24T10:15.")
    return found


def _checked(written: Mapping[str, tuple[int, str]], file: FileReader, here: RulesHere) -> Lead:
    entries = tuple(
        YamlEntry(Scalar(name, line, 1), Scalar(value, line, len(name) + 2))
        for name, (line, value) in written.items()
    )
    texts = LeadReader(file, here.catalog, here.policy.roster).texts(Map(entries, 1, 1), "the lead")
    if file.found:
        raise UserError("\n".join(str(mistake) for mistake in file.found))
    return lead_of(texts, contact_id=TYPED)


def _texts(properties: Mapping[str, Any]) -> dict[str, str]:
    """JSON values as HubSpot's texts, without empty ones."""
    found: dict[str, str] = {}
    for name, value in properties.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, list):
            found[name] = ";".join(map(str, value))
        elif value not in (None, ""):
            found[name] = str(value)
    return found
