"""Parsers of HubSpot's texts, one for each property type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, TypeAlias

from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value

Reader: TypeAlias = Callable[[str], Value | None]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NUMBER: Final = 40


def text_in(raw: str) -> str | None:
    """The text without surrounding blanks; None for an empty text."""
    return raw.strip() or None


def choices_in(raw: str) -> frozenset[str] | None:
    """The options of a multiple choice, written `a;b`; None without options."""
    return frozenset(part.strip() for part in raw.split(";") if part.strip()) or None


def number_in(raw: str) -> Decimal | None:
    """The exact number as written; None for a text that is no finite number, or longer than 40 characters."""
    return _number(raw) if len(raw) <= _LONGEST_NUMBER else None


@lru_cache(maxsize=4096)
def _number(raw: str) -> Decimal | None:
    try:
        number = Decimal(raw.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def truth_in(raw: str) -> bool | None:
    """True or False for HubSpot's `true` and `false`; None for any other text."""
    return {"true": True, "false": False}.get(raw.strip().lower())


def moment_in(raw: str) -> datetime | None:
    """The moment (UTC) from epoch milliseconds or ISO 8601 (UTC without a zone); None if unreadable."""
    raw = raw.strip()
    if not raw or len(raw) > _LONGEST_NUMBER:
        return None
    try:
        if raw.isdecimal() or raw[0] == "-":
            return _EPOCH + timedelta(milliseconds=int(raw))
        moment = datetime.fromisoformat(raw)
        if moment.tzinfo is UTC:  # as HubSpot writes all of them
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day_in(raw: str) -> date | None:
    """The day from `YYYY-MM-DD` or epoch milliseconds (midnight UTC, as in HubSpot); None if unreadable."""
    moment = moment_in(raw)
    return None if moment is None else moment.date()


def span_in(raw: str) -> timedelta | None:
    """The duration from whole milliseconds; None if unreadable."""
    try:
        return timedelta(milliseconds=int(raw)) if len(raw) <= _LONGEST_NUMBER else None
    except (ValueError, OverflowError):
        return None


READERS: Final[Mapping[str, Reader]] = {
    FactType.TEXT: text_in,
    FactType.CHOICE: text_in,
    FactType.CHOICES: choices_in,
    FactType.NUMBER: number_in,
    FactType.BOOL: truth_in,
    FactType.DATE: day_in,
    FactType.DATETIME: moment_in,
    FactType.DURATION: span_in,
}
"""The parser of each type; a text that does not fit the type counts as missing, never as an error."""
