"""`router pull`: write the portal's catalog, against which rule files are checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from router.cli.rules.writing import write_whole
from router.cli.shared.context import settings_here
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say
from router.cli.shared.services import services_here
from router.hubspot.catalog import pull_catalog
from router.policy.leads.catalog import Catalog, Property
from router.routing.recovery.drift import drift_of
from router.rulefiles.words.catalog_file import (
    CATALOG_FILE,
    CatalogUnreadableError,
    dump_catalog,
    parse_catalog,
)
from router.rules_on_disk import read_rule_files
from router.security.visible import one_line

EMPTY: Final = Catalog(contact={}, company={})
SHOWN: Final = 40
"""Number of changes listed; a first pull brings hundreds."""


@click.command(epilog="Example: router pull --check, or: router pull && git diff config")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.  [default: hubspot.catalog.json in CONFIG_DIR]",
)
@click.option("--check", is_flag=True, help="Write nothing; say what the portal changed that touches a rule.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def pull(out: Path | None, check: bool, as_json: bool) -> None:
    """Write the catalog: properties, options and owners of the portal, as HubSpot has them now.

    The rule files are checked against this file, without a network. Commit it along with them. With
    --check the exit code is 1 if the portal has changed under a rule.
    """
    if check:
        raise SystemExit(_check(as_json=as_json))
    path = out or settings_here().config_dir / CATALOG_FILE
    catalog = pull_catalog(services_here().hubspot)
    before = _catalog_in(path)
    write_whole(path, dump_catalog(catalog))
    changes = tuple(changes_between(before or EMPTY, catalog))
    if as_json:
        print_json({"file": str(path), "changes": changes})
        return
    found = f"{len(catalog.contact)} contact and {len(catalog.company)} company properties, "
    say(f"{path}: {found}{count_of(len(catalog.owners), 'owner')}.")
    if before is None:
        say("Written for the first time.")
    elif not changes:
        say("Nothing has changed.")
    else:
        say(f"{count_of(len(changes), 'change')}:")
        for sentence in changes[:SHOWN]:
            say(f"  {one_line(sentence)}")
        if len(changes) > SHOWN:
            say(f"  … and {len(changes) - SHOWN} more. See them all: git diff {path}")
        say("Now run: router check")


def _check(*, as_json: bool) -> int:
    """The exit code, after printing what the portal changed under the rule files in CONFIG_DIR."""
    services, files = services_here(), read_rule_files(settings_here().config_dir)
    found = drift_of(services.hubspot, files)
    services.rules.note_drift(found, catalog=files[CATALOG_FILE])
    if as_json:
        print_json({"drift": found})
    elif found:
        told = f"The portal has changed {count_of(len(found), 'thing')} that a rule depends on:"
        say("\n  ".join(map(one_line, [told, *found])))
    else:
        say("The portal has changed nothing that touches a rule.")
    return 1 if found else 0


def changes_between(before: Catalog, now: Catalog) -> Iterator[str]:
    """A sentence for each new, removed or changed entry."""
    for kind, was, now_is in (
        ("contact", before.contact, now.contact),
        ("company", before.company, now.company),
    ):
        yield from _property_changes(kind, was, now_is)
    owners, owners_now = ({one.id: one for one in found.owners} for found in (before, now))
    for owner_id in sorted(owners.keys() | owners_now.keys()):
        was_there, is_there = owners.get(owner_id), owners_now.get(owner_id)
        if was_there is None:
            yield f"+ owner {owner_id}"
        elif is_there is None:
            yield f"- owner {owner_id}"
        elif is_there.archived != was_there.archived:
            yield f"~ owner {owner_id}: {'deactivated' if is_there.archived else 'active again'}"
        elif is_there != was_there:
            yield f"~ owner {owner_id}: name or e-mail address"


def _property_changes(kind: str, was: Mapping[str, Property], now: Mapping[str, Property]) -> Iterator[str]:
    for name in sorted(was.keys() | now.keys()):
        if name not in was:
            yield f"+ {kind} property {name}"
        elif name not in now:
            yield f"- {kind} property {name}"
        elif was[name] != now[name]:
            yield f"~ {kind} property {name}: {_difference(was[name], now[name])}"


def _difference(was: Property, now: Property) -> str:
    if was.type != now.type:
        return f"type {was.type}, now {now.type}"
    options, options_now = ({option.value for option in found.options} for found in (was, now))
    new = [f"+{value}" for value in sorted(options_now - options)]
    gone = [f"-{value}" for value in sorted(options - options_now)]
    return f"options {' '.join([*new, *gone])}" if new or gone else "labels or flags"


def _catalog_in(path: Path) -> Catalog | None:
    """The catalog as it was; a broken file counts as absent, because it is about to be replaced."""
    try:
        return parse_catalog(path.read_bytes())
    except (FileNotFoundError, CatalogUnreadableError):
        return None
