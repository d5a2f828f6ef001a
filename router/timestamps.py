"""Moments and spans as whole milliseconds, the form in which HubSpot and Redis keep them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_ms(moment: datetime) -> int:
    """Milliseconds from 1970-01-01 UTC to an aware moment, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def from_epoch_ms(count: int) -> datetime:
    """The aware UTC moment of `epoch_ms`."""
    return _EPOCH + count * _MILLISECOND


def in_iso(moment: datetime) -> str:
    """The ISO 8601 text of an aware moment, in its own time zone.

    The leads of a batch share most of their moments, so the texts of the latest ones in UTC are remembered.
    """
    return _in_iso_of_utc(moment) if moment.tzinfo is UTC else moment.isoformat()


@lru_cache(maxsize=256)
def _in_iso_of_utc(moment: datetime) -> str:
    return moment.isoformat()


def in_ms(span: timedelta) -> int:
    """A span in whole milliseconds, rounded down."""
    return span // _MILLISECOND
