"""The arguments of commands about reps: a future moment, and the name of a rep or team."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
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


def check_name(
    kind: Literal["rep", "team"], name: str | None, known: Iterable[str], *, former: Iterable[str | None] = ()
) -> None:
    """Raise UserError (exit code 2) when the name, if any, is neither among the known nor the former ones."""
    names = list(known)
    if name is not None and name not in (*names, *former):
        hint = did_you_mean(name, names) or f"The {kind}s are: {', '.join(names)}."
        raise UserError(f"There is no {kind} '{name}'. {hint}", exit_code=2)
