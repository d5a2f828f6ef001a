"""The changes between two revisions of the rule files, by the names that people gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from msgspec import Struct

from router.policy.people.roster import Hours, Roster
from router.policy.rules.conditions import AllOf, AnyOf, NoneOf, Test, as_written
from router.policy.rules.policy import Policy, Rule, ToAccountOwner, ToPreviousOwner, ToRep, ToTeam
from router.policy.rules.scoring import Scorecard
from router.rulefiles.load import LISTS, RULE_FILES, load_files
from router.rulefiles.team.lists_file import read_lists
from router.rulefiles.words.catalog_file import CATALOG_FILE
from router.rulefiles.yaml.events import read

_ELSEWHERE: Final = frozenset(("revision", "types", "roster", "scoring", "segments", "rules"))
_IN_SECONDS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_NOTHING: Final = "nothing"
_WHOLE: Final = (Test, AllOf, AnyOf, NoneOf, Hours)
"""Shown as one thing: a condition as it is written, working hours by their name."""


class RevisionChange(Struct, frozen=True):
    """One thing that is new (`+`), gone (`-`) or different (`~`); `how` is what differs about it."""

    sign: Literal["+", "-", "~"]
    kind: str
    name: str
    how: str = ""

    def __str__(self) -> str:
        head = " ".join(part for part in (self.sign, self.kind, self.name) if part)
        return f"{head}: {self.how}" if self.how else head


def changes_between(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[RevisionChange, ...]:
    """Every change from one revision's files to another's; none where only comments and spacing differ.

    Files that this version of Lead Router refuses are compared by name alone.
    """
    was, now = load_files(before).policy, load_files(after).policy
    found: list[RevisionChange] = []
    if was is None or now is None:
        found += [
            RevisionChange("~", "file", name) for name in RULE_FILES if before.get(name) != after.get(name)
        ]
    else:
        found += _of_rules(was.rules, now.rules)
        found += _of_roster(was.roster, now.roster)
        found += _of_parts("list", _lists(before), _lists(after))
        found += _of_parts(
            "segment", _named(was.segments, "name", "when"), _named(now.segments, "name", "when")
        )
        found += _of_card("fit", was.scoring.fit, now.scoring.fit)
        found += _of_card("engagement", was.scoring.engagement, now.scoring.engagement)
        found += _of_parts("scoring", {"grade": was.scoring.grade}, {"grade": now.scoring.grade})
        found += _of_parts("setting", _settings(was), _settings(now))
    found += _of_files(before, after)
    return tuple(found)


def _of_rules(was: Sequence[Rule], now: Sequence[Rule]) -> Iterator[RevisionChange]:
    yield from _of_parts("rule", {rule.name: rule for rule in was}, {rule.name: rule for rule in now})
    names_was, names_now = [rule.name for rule in was], [rule.name for rule in now]
    # The order decides as much as the conditions, so a rule that moved is a change, too.
    common_was = [name for name in names_was if name in set(names_now)]
    common_now = [name for name in names_now if name in set(names_was)]
    match = SequenceMatcher(None, common_was, common_now, autojunk=False)
    stayed = {
        common_was[at] for block in match.get_matching_blocks() for at in range(block.a, block.a + block.size)
    }
    for place, name in enumerate(common_now):
        if name not in stayed:
            where = f"moved below '{common_now[place - 1]}'" if place else "moved to the top"
            yield RevisionChange("~", "rule", name, where)


def _of_roster(was: Roster, now: Roster) -> Iterator[RevisionChange]:
    yield from _of_parts("rep", was.reps, now.reps)
    yield from _of_parts("team", was.teams, now.teams)
    yield from _of_parts("hours", was.hours, now.hours)
    yield from _of_parts(
        "manager", {one.name: one for one in was.managers}, {one.name: one for one in now.managers}
    )
    for name, hours in now.hours.items():
        if name in was.hours and was.hours[name] != hours:
            yield RevisionChange("~", "hours", name)
    yield from _of_parts("setting", {"timezone": str(was.timezone)}, {"timezone": str(now.timezone)})
    for sign, here, there in (("-", was, now), ("+", now, was)):
        for off in here.time_off:
            if off not in there.time_off:
                how = f"{off.start} to {off.end}" + (f", backup {off.backup}" if off.backup else "")
                yield RevisionChange("+" if sign == "+" else "-", "time off", off.rep, how)


def _of_card(name: str, was: Scorecard, now: Scorecard) -> Iterator[RevisionChange]:
    yield from _of_parts(
        f"points ({name})", {one.fact: one for one in was.tables}, {one.fact: one for one in now.tables}
    )
    limits = ({"maximum": card.maximum, "decay": card.decay, "use": card.use} for card in (was, now))
    yield from _of_parts(f"scoring ({name})", *limits)


def _of_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[RevisionChange]:
    for name in sorted(before.keys() | after.keys()):
        if name in RULE_FILES or before.get(name) == after.get(name):
            continue
        kind = "catalog" if name == CATALOG_FILE else "tests"
        yield RevisionChange("+" if name not in before else "-" if name not in after else "~", kind, name)


def _of_parts(kind: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[RevisionChange]:
    """Changes among things that have a name: new, gone and different ones."""
    for name in now:
        if name not in was:
            yield RevisionChange("+", kind, name)
        elif how := _difference(was[name], now[name]):
            yield RevisionChange("~", kind, name, how)
    for name in was:
        if name not in now:
            yield RevisionChange("-", kind, name)


def _difference(was: Any, now: Any) -> str:
    """The differences, field by field; "" if there are none. The line in the file does not count."""
    if isinstance(was, tuple) and isinstance(now, tuple):
        return _of_tuples(was, now)
    if type(was) is type(now) and isinstance(was, Struct) and not isinstance(was, _WHOLE):
        values = ((name, getattr(was, name), getattr(now, name)) for name in was.__struct_fields__)
        parts = ((name, _of_field(name, before, after)) for name, before, after in values)
        return ", ".join(f"{name.replace('_', ' ')} {how}" for name, how in parts if how)
    return "" if _words(was) == _words(now) else f"{_words(was)} → {_words(now)}"


def _of_field(name: str, was: Any, now: Any) -> str:
    if name in ("name", "line"):
        return ""
    if name == "weight":  # people write whole weights; inside they are thousandths
        was, now = Decimal(was) / 1000, Decimal(now) / 1000
    return _difference(was, now)


def _of_tuples(was: tuple[Any, ...], now: tuple[Any, ...]) -> str:
    old, new = [_words(one) for one in was], [_words(one) for one in now]
    if old == new:
        return ""
    if sorted(old) == sorted(new):
        return f"in the order {', '.join(new)}"
    signed = [f"+{one}" for one in new if one not in old] + [f"-{one}" for one in old if one not in new]
    return " ".join(signed) or f"{', '.join(old)} → {', '.join(new)}"


def _words(value: Any) -> str:
    match value:
        case None:
            return _NOTHING
        case Test() | AllOf() | AnyOf() | NoneOf():
            return as_written(value) or "always"
        case Hours(name):
            return name
        case ToTeam(team):
            return f"team {team}"
        case ToRep(rep):
            return f"rep {rep}"
        case ToAccountOwner():
            return "the account owner"
        case ToPreviousOwner():
            return "the previous owner"
        case timedelta():
            return _span(value)
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return ", ".join(f"{name} = {_words(inner)}" for name, inner in value.items()) or _NOTHING
        case tuple() | frozenset():
            listed = value if isinstance(value, tuple) else sorted(value, key=str)
            return ", ".join(_words(one) for one in listed) or _NOTHING
        case _ if isinstance(value, Struct):
            return _of_struct(value)
        case _:
            return str(value)


def _of_struct(value: Any) -> str:
    if written := getattr(value, "written", ""):
        return f"{written}: {value.points:+d}" if hasattr(value, "points") else str(written)
    parts = (
        (name, getattr(value, name)) for name in value.__struct_fields__ if name not in ("line", "matcher")
    )
    phrases = [f"{name} {_words(inner)}" for name, inner in parts if inner not in (None, (), "")]
    return " ".join(phrases) or type(value).__name__


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    unit, size = next(
        ((unit, size) for unit, size in _IN_SECONDS if seconds % size == 0 and seconds), ("s", 1)
    )
    return f"{seconds // size}{unit}"


def _settings(policy: Policy) -> dict[str, Any]:
    return {
        name.replace("_", " "): getattr(policy, name)
        for name in policy.__struct_fields__
        if name not in _ELSEWHERE
    }


def _named(parts: Sequence[Any], name: str, value: str) -> dict[str, Any]:
    return {getattr(part, name): getattr(part, value) for part in parts}


def _lists(files: Mapping[str, bytes]) -> Mapping[str, tuple[str, ...]]:
    file, tree = read(LISTS, files.get(LISTS, b""))
    return read_lists(tree, file) if tree else {}
