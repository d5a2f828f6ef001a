"""Loading of the rule files: the policy they hold, or every mistake that prevents one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.facts_named import facts_named
from router.rulefiles.routing.routing_file import read_routing
from router.rulefiles.routing.settle import warn_if_idle
from router.rulefiles.scoring.grades import grades_of
from router.rulefiles.scoring.scoring_file import CIRCULAR, read_scoring
from router.rulefiles.team.lists_file import read_lists
from router.rulefiles.team.team_file import UTC_ZONE, read_team
from router.rulefiles.words.catalog_file import CATALOG_FILE, CatalogUnreadableError, parse_catalog
from router.rulefiles.words.vocabulary import Vocabulary
from router.rulefiles.yaml.events import read
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.mistakes import Mistake, Severity, in_order
from router.rulefiles.yaml.tree import Node, Scalar

TEAM, LISTS, SCORING, ROUTING = "team.yaml", "lists.yaml", "scoring.yaml", "routing.yaml"
RULE_FILES: Final = (TEAM, LISTS, SCORING, ROUTING)
REVISION_DIGITS: Final = 12


class Loaded(Struct, frozen=True):
    """The policy, or None if there is any error; `mistakes` by file and line, warnings included."""

    policy: Policy | None
    mistakes: tuple[Mistake, ...]


def load_policy(files: Mapping[str, bytes], *, catalog: Catalog) -> Loaded:
    """Read the four rule files, checked against the portal's catalog.

    It never raises for the content of the files, however broken. One error anywhere means no policy: half of
    the rules would send leads to the wrong people.
    """
    trees = {name: _tree(files, name) for name in RULE_FILES}
    (team_reader, team), (lists_reader, lists) = trees[TEAM], trees[LISTS]
    (scoring_reader, scoring_tree), (routing_reader, routing_tree) = trees[SCORING], trees[ROUTING]

    roster = read_team(team, team_reader, catalog) if team else None
    words = Vocabulary(
        catalog=catalog,
        timezone=roster.timezone if roster else UTC_ZONE,
        lists=read_lists(lists, lists_reader) if lists else None,
        refused=CIRCULAR,
    )
    scoring = read_scoring(scoring_tree, scoring_reader, words) if scoring_tree else None
    # A grid with a mistake has too few grades: checking against it would invent mistakes elsewhere.
    grades = grades_of(scoring.grade) if scoring and not _has_error(scoring_reader) else ()
    words = Vocabulary(catalog, words.timezone, words.lists, computed={"grade": grades})
    routing = read_routing(routing_tree, routing_reader, words, roster) if routing_tree else None

    readers = [reader for reader, _ in trees.values()]
    if any(map(_has_error, readers)):
        return Loaded(None, _found_by(readers))
    if roster is None or scoring is None or routing is None or routing.default_sla is None:
        raise AssertionError("a rule file without a mistake gave nothing")  # a bug of ours, never the files'
    policy = Policy(
        revision=revision(files),
        roster=roster,
        scoring=scoring,
        segments=routing.segments,
        rules=routing.rules,
        default_sla=routing.default_sla,
        default_status=routing.default_status,
        language=routing.language,
        types=facts_named(scoring, routing.segments, routing.rules, catalog),
        mode=routing.mode,
        night=routing.night,
        sla_policy=routing.sla_policy,
        outcomes=routing.outcomes,
        settle=routing.settle,
        owner_cleared=routing.owner_cleared,
    )
    if routing.settle_at is not None:
        warn_if_idle(policy, routing.settle_at, routing_reader)
    return Loaded(policy, _found_by(readers))


def load_files(files: Mapping[str, bytes]) -> Loaded:
    """`load_policy` with the catalog among the files; a broken catalog is a mistake like others."""
    reader = FileReader(CATALOG_FILE)
    try:
        catalog = parse_catalog(files.get(CATALOG_FILE, b""))
    except CatalogUnreadableError as error:
        reader.error(Scalar("", 1, 1), str(error))
        return Loaded(None, tuple(reader.found))
    return load_policy(files, catalog=catalog)


def revision(files: Mapping[str, bytes]) -> str:
    """Revision of the files: the first 12 hexadecimal digits of their digest."""
    return digest(files)[:REVISION_DIGITS]


def digest(files: Mapping[str, bytes]) -> str:
    """The SHA-256 of the files' names and bytes, in hexadecimal digits."""
    found = sha256()
    for name in sorted(files):
        # Lengths keep a name and its content apart from a longer name with a shorter content.
        found.update(f"{name} {len(files[name])}\n".encode())
        found.update(files[name])
    return found.hexdigest()


def _found_by(readers: Iterable[FileReader]) -> tuple[Mistake, ...]:
    return in_order(mistake for reader in readers for mistake in reader.found)


def _has_error(reader: FileReader) -> bool:
    return any(mistake.severity is Severity.ERROR for mistake in reader.found)


def _tree(files: Mapping[str, bytes], name: str) -> tuple[FileReader, Node | None]:
    if name in files:
        return read(name, files[name])
    reader = FileReader(name)
    reader.error(Scalar("", 1, 1), "the file is missing", f"Copy {name} from the example in config/.")
    return reader, None
