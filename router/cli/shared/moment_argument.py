"""The arguments of commands about reps: a future moment, and a rep's name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from router.cli.shared.failures import UserError
from router.routing.people.overrides import NoSuchMoment, end_written
from router.rulefiles.yaml.mistakes import did_you_mean


def moment_typed(text: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """The end of the typed day, or the typed moment, in the zone of `team.yaml`.

    Raises UserError (exit code 2) for any other text, and for the past.
    """
    try:
        return end_written(text, zone, now=now)
    except NoSuchMoment as error:
        raise UserError(str(error), exit_code=2) from error


def check_rep(name: str, reps: Iterable[str]) -> None:
    """Raise UserError (exit code 2) when team.yaml has no such rep."""
    known = list(reps)
    if name not in known:
        hint = did_you_mean(name, known) or "Write a name as it stands under 'reps' in team.yaml."
        raise UserError(f"There is no rep '{name}'. {hint}", exit_code=2)
