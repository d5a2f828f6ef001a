"""The JSON record of a rep's reported availability, written and read without loss."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from router.policy.people.availability import Reported
from router.policy.people.roster import Hours


def reported_as_record(reported: Reported) -> dict[str, Any]:
    """The report as JSON-ready values; fields without a value are left out."""
    record = {
        "away_until": _text(reported.away_until),
        "present_until": _text(reported.present_until),
        "away_in_hubspot": reported.away_in_hubspot or None,
        "out_of_office": [[start.isoformat(), end.isoformat()] for start, end in reported.out_of_office]
        or None,
        "hours": _week(reported.hours) if reported.hours else None,
        "timezone": reported.timezone.key if reported.timezone else None,
        "unreadable": reported.unreadable or None,
    }
    return {name: value for name, value in record.items() if value is not None}


def reported_from_record(record: Mapping[str, Any]) -> Reported:
    """The report that `reported_as_record` wrote.

    Raises KeyError, OSError, TypeError or ValueError for any other record.
    """
    hours, timezone = record.get("hours"), record.get("timezone")
    return Reported(
        away_until=_moment(record.get("away_until")),
        present_until=_moment(record.get("present_until")),
        away_in_hubspot=record.get("away_in_hubspot", False),
        out_of_office=tuple((_aware(start), _aware(end)) for start, end in record.get("out_of_office", ())),
        hours=None if hours is None else _hours(hours),
        timezone=None if timezone is None else ZoneInfo(timezone),
        unreadable=record.get("unreadable", ""),
    )


def _week(hours: Hours) -> dict[str, Any]:
    week = [[[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in day] for day in hours.week]
    return {"name": hours.name, "week": week}


def _hours(record: Mapping[str, Any]) -> Hours:
    week = tuple(
        tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in day)
        for day in record["week"]
    )
    return Hours(record["name"], week)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _aware(text)


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("The moment has no offset from UTC, so it compares with no other one.")
    return moment
