"""What a rule asks of a lead, and whether a lead answers it.

Missing never satisfies a positive test; it satisfies `not`. Nothing is ever coerced: values were
typed by the catalog when the files were loaded, and facts when the lead was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact equals one of these; a multiple choice includes at least one of these."""

    values: frozenset[str | Decimal | bool | date]


@dataclass(frozen=True, slots=True)
class Between:
    """The fact lies in a range: `low` and `high` included, `below` excluded; None is open."""

    low: Decimal | date | datetime | timedelta | None = None
    high: Decimal | date | datetime | timedelta | None = None
    below: Decimal | date | datetime | timedelta | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The fact is there."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The fact is missing."""


@dataclass(frozen=True, slots=True)
class Contains:
    """The text has one of these whole words, case and accents folded; a final `*` makes it a beginning."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """The moment lies in the past, at most `span` ago."""

    span: timedelta


Matcher: TypeAlias = OneOf | Between | Known | Unknown | Contains | Within


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one fact; `written` is how the rule file asks it, `line` where."""

    __test__ = False  # pytest would take the name for a test class

    fact: str
    matcher: Matcher
    written: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; empty holds always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part holds: `not` and `none` of the rule files."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Test | AllOf | AnyOf | NoneOf

ALWAYS = AllOf(())
