"""The tree stays one in which names can be guessed: small folders, one thing per name, one place per word."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from router.hubspot import properties
from router.store import lead_fields

ROOT = Path(__file__).parents[2]
MOST_FILES = 12
FIELDS = {value for name, value in vars(lead_fields).items() if name.isupper()}
COMMON_WORDS = {"at", "en", "id"}
"""Fields that are words in other places, too: moments, ids, and a language."""
PROPERTIES = {value for name, value in vars(properties).items() if name.isupper()} - {properties.GROUP}


def sources(*folders: str, ending: str = "py") -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(f"*.{ending}")):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def too_full(paths: Iterable[Path]) -> dict[str, int]:
    """Folders with more than twelve Python files, `__init__` and `__main__` left out."""
    counted = Counter(str(path.parent) for path in paths if not path.name.startswith("__"))
    return {folder: count for folder, count in counted.items() if count > MOST_FILES}


def classes_in(source: str) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]


def strings_in(source: str) -> set[str]:
    """The texts of a module, docstrings and comments left out."""
    nodes = list(ast.walk(ast.parse(source)))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs)
    return {node.value for node in constants if isinstance(node.value, str)}


def quoted_in(lua: str) -> set[str]:
    code = "\n".join(line.split("--")[0] for line in lua.splitlines())
    return set(re.findall(r"'([^']*)'", code))


def test_no_folder_is_too_full_to_search_by_eye() -> None:
    assert too_full(path for path, _ in sources("router", "workers")) == {}


def test_a_class_name_stands_for_one_thing() -> None:
    names = Counter(
        name
        for path, source in sources("router", "workers")
        if "sandbox" not in path.parts  # it shares no code with the product, and HubSpot's nouns are its own
        for name in classes_in(source)
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_fields_of_a_leads_hash_are_written_in_one_file() -> None:
    python = {
        str(path): found
        for path, source in sources("router/store", "router/routing")
        if path.name != "lead_fields.py" and (found := strings_in(source) & (FIELDS - COMMON_WORDS))
    }
    lua = {
        str(path): found
        for path, source in sources("router/store", ending="lua")
        if (found := quoted_in(source) & FIELDS)
    }

    assert python | lua == {}


def test_hubspots_property_names_are_written_in_one_file() -> None:
    found = {
        str(path): names
        for path, source in sources("router", "workers")
        if "sandbox" not in path.parts
        and path != Path("router/hubspot/properties.py")
        and (names := strings_in(source) & PROPERTIES)
    }

    assert found == {}


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (too_full(Path(f"router/policy/file{number}.py") for number in range(13)), {"router/policy": 13}),
        (classes_in("class A:\n    class B: ...\nclass A: ..."), ["A", "A", "B"]),
        (strings_in('"""ow"""\nset_ = {"ow": 1}') & FIELDS, {"ow"}),
        (quoted_in("redis.call('HGET', key, 'ow') -- 'qu'") & FIELDS, {"ow"}),
        (strings_in('read("hubspot_owner_id")') & PROPERTIES, {"hubspot_owner_id"}),
    ],
)
def test_each_of_these_looks_finds_what_it_looks_for(found: object, wanted: object) -> None:
    assert found == wanted


def paths_named_in(page: str) -> list[str]:
    """The paths in backticks that name a Python, Lua or Markdown file, or a folder with a slash in it."""
    return re.findall(r"`([a-z_]+(?:/[a-z_0-9]+)*(?:/|\.py|\.lua|\.toml))`", page)


def test_every_path_of_the_architecture_page_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    places = (ROOT, ROOT / "router", ROOT / "router" / "routing" / "intake")

    named = paths_named_in(page)

    assert [path for path in named if not any((place / path).exists() for place in places)] == []
    assert len(named) > 30
