"""The rules, catalog and tests of a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of
from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.load import load_policy
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rulefiles.yaml.mistakes import Severity
from router.rules_on_disk import read_rule_files

MOST_SHOWN: Final = 3
"""Mistakes shown where the command is about something else; router check shows them all."""


class RulesHere(Struct, frozen=True):
    """The rules of a folder, free of errors, with the catalog that they were checked against."""

    folder: Path
    files: Mapping[str, bytes]
    policy: Policy
    catalog: Catalog


def rule_files_here(directory: Path | None) -> tuple[Path, Mapping[str, bytes], Catalog]:
    """The folder DIR, by default CONFIG_DIR or config, its files, right or wrong, and their catalog.

    Raises click.UsageError where there is no such folder, and RuleFilesUnreadable and
    CatalogUnreadableError, which name the file and the remedy.
    """
    folder = directory or Path(os.environ.get("CONFIG_DIR") or "config")
    if not folder.is_dir():
        raise click.UsageError(f"There is no directory {folder}. Name the one that has team.yaml in it.")
    files = read_rule_files(folder)
    return folder, files, parse_catalog(files[CATALOG_FILE])


def rules_here(directory: Path | None) -> RulesHere:
    """The rules of DIR. Raises UserError where its files have errors, and what `rule_files_here` raises."""
    folder, files, catalog = rule_files_here(directory)
    loaded = load_policy(files, catalog=catalog)
    if loaded.policy is None:
        errors = [str(one) for one in loaded.mistakes if one.severity is Severity.ERROR]
        found = f"The rule files have {count_of(len(errors), 'error')}. To see all: router check {folder}"
        raise UserError("\n".join([*errors[:MOST_SHOWN], found]))
    return RulesHere(folder, files, loaded.policy, catalog)
