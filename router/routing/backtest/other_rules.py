"""The rules that a backtest compares with: from a directory, a git revision, or the live ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router.ledger import Ledger
from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.routing.portal.git import ask_git
from router.rulefiles.load import REVISION_DIGITS, RULE_FILES, load_policy, revision
from router.rulefiles.yaml.mistakes import Severity
from router.rules_on_disk import read_rule_files

PATIENCE_S: Final = 10.0
_MOST_SHOWN: Final = 3


class NothingToCompare(Exception):
    """There are no rules to compare with; the message says what to name instead."""


class OtherRules(Struct, frozen=True):
    """Rules to compare with; `name` says where they are from."""

    name: str
    policy: Policy


def rules_of_directory(directory: Path, catalog: Catalog) -> OtherRules:
    """The rules in another directory. Raises NothingToCompare and RuleFilesUnreadable."""
    files = read_rule_files(directory)
    return _loaded(str(directory), files, catalog, revision=revision(files))


def rules_of_commit(written: str, directory: Path, catalog: Catalog) -> OtherRules:
    """The rules of `directory` at a git revision. Raises NothingToCompare."""
    commit = ask_git(
        directory,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{written}^{{commit}}"),
        within_s=PATIENCE_S,
    )
    if commit is None:
        raise NothingToCompare(
            f"'{written}' is no directory, and no git revision of {directory}. "
            "Name one of them, such as: --against main"
        )
    digest = commit.decode().strip()
    files = {}
    for name in RULE_FILES:
        content = ask_git(directory, "show", f"{digest}:./{name}", within_s=PATIENCE_S)
        if content is not None:
            files[name] = content
    return _loaded(written, files, catalog, revision=f"commit {digest[:REVISION_DIGITS]}")


def live_rules(ledger: Ledger, catalog: Catalog) -> OtherRules:
    """The rules that went live last. Raises NothingToCompare."""
    found = ledger.revisions.last_files()
    if found is None:
        raise NothingToCompare(
            "No rules have gone live yet. Name others: --against DIR, or a git revision such as HEAD."
        )
    live, files = found
    return _loaded("live", files, catalog, revision=live)


def _loaded(name: str, files: Mapping[str, bytes], catalog: Catalog, *, revision: str) -> OtherRules:
    """The rules, checked against today's catalog, so that both rule sets mean the same facts."""
    loaded = load_policy(files, catalog=catalog)
    if loaded.policy is None:
        errors = [str(one) for one in loaded.mistakes if one.severity is Severity.ERROR][:_MOST_SHOWN]
        sentence = f"The rules of {name} have mistakes, read with today's catalog:"
        raise NothingToCompare("\n".join([sentence, *errors]))
    return OtherRules(name, replace(loaded.policy, revision=revision))
