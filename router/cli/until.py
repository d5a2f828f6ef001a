"""Until when was meant, and which rep?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from router.cli.failures import Told
from router.rulefiles.mistakes import did_you_mean


def moment_typed(text: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """The moment that ends the day, or the very moment, in the zone of `team.yaml`.

    Raises Told (exit code 2) for what is neither, or is over.
    """
    try:
        if len(text) == len("2026-12-01"):
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError) as error:
        said = f"'{text}' is no day. Write 2026-12-01 (that day included), or 2026-12-01T14:00."
        raise Told(said, exit_code=2) from error
    if moment <= now:
        raise Told(f"{text} is over. Write a day to come.", exit_code=2)
    return moment.astimezone(now.tzinfo)


def check_rep(name: str, reps: Iterable[str]) -> None:
    """Raises Told (exit code 2) when team.yaml has no such rep."""
    known = list(reps)
    if name not in known:
        hint = did_you_mean(name, known) or "Write a name as it stands under 'reps' in team.yaml."
        raise Told(f"There is no rep '{name}'. {hint}", exit_code=2)
