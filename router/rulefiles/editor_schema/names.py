"""The names that rule files define, read even if the rest of the files is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from router.rulefiles.yaml.events import read
from router.rulefiles.yaml.tree import Map, Node, Scalar, Seq


class Names(Struct, frozen=True):
    """Each kind of name in the order of its file; empty where the file cannot be read."""

    reps: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] | None = None
    """The values of each list, `$other` lists by their name; None if lists.yaml cannot be read."""


def names_in(files: Mapping[str, bytes]) -> Names:
    """The names that the four rule files define."""
    trees = {name: read(name, content)[1] for name, content in files.items() if name.endswith(".yaml")}
    team, scoring = trees.get("team.yaml"), trees.get("scoring.yaml")
    reps, grade = _below(team, "reps"), _below(scoring, "grade")
    return Names(
        reps=_keys(reps),
        teams=_keys(_below(team, "teams")),
        hours=_keys(_below(team, "hours")),
        levels=_of_reps(reps, "level"),
        skills=_of_reps(reps, "skills"),
        languages=_of_reps(reps, "languages"),
        segments=_keys(_below(trees.get("routing.yaml"), "segments")),
        grades=tuple(
            letter + digit
            for letter in _keys(_below(grade, "fit"))
            for digit in _keys(_below(grade, "engagement"))
        ),
        lists=_lists(_below(trees.get("lists.yaml"), "lists")),
    )


def _below(node: Node | None, key: str) -> Node | None:
    entries = node.entries if isinstance(node, Map) else ()
    return next((entry.value for entry in entries if entry.key.text == key), None)


def _keys(node: Node | None) -> tuple[str, ...]:
    return tuple(entry.key.text for entry in node.entries) if isinstance(node, Map) else ()


def _lists(node: Node | None) -> dict[str, tuple[str, ...]] | None:
    if not isinstance(node, Map):
        return None
    return {line.key.text: tuple(_texts(line.value)) for line in node.entries}


def _of_reps(reps: Node | None, key: str) -> tuple[str, ...]:
    lines = reps.entries if isinstance(reps, Map) else ()
    return tuple(dict.fromkeys(text for line in lines for text in _texts(_below(line.value, key))))


def _texts(node: Node | None) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Seq):
        yield from (element.text for element in node.elements if isinstance(element, Scalar))
