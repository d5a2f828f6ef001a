"""Performance weights: factors on the reps' weights by their results, with the evidence.

Wins per lead received are noise at first, so each rep's rate is shrunk towards the team's: wins are
beta-binomial, and the mean of the posterior is (wins + strength x team rate) / (leads + strength), after
Kleinman, "Proportions with extraneous variance", J. Am. Stat. Assoc. 68(341), 1973, p. 46. The difference
between reps is not estimated but bounded from below: the smallest difference that the wins do not rule
out, as in the Q-profile of Viechtbauer, Statistics in Medicine 26(1), 2007, p. 37. Where that difference
is 0, every factor is 1: chance alone changes no rep's share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist
from typing import Final

from msgspec import Struct

from router.policy.people.roster import Roster, Team
from router.policy.results.result_sums import RepSums
from router.policy.shares.share_book import Book, factor_field

LEAST_FACTOR: Final = 500
MOST_FACTOR: Final = 2000
"""Bounds of the factor, in thousandths of the weight in `team.yaml`."""
UNCHANGED: Final = 1000
RIPENS: Final = timedelta(days=14)
"""The time that a lead had to be won before it counts."""
_STEP: Final = 10
"""Step of the factors in thousandths: whole hundredths, so that people can repeat the sum."""
_CHANCE: Final = 0.001
"""Accepted probability that a team of equal reps looks as if its reps differed."""
_TELLING: Final = 2
"""Least number of expected wins, and of expected losses, for a rep to count in the test for differences.

Below it the distribution used here does not hold, and one lucky first lead would look like proof.
"""
_CONFIDENCE: Final = 0.95
_HALVINGS: Final = 60


class Wins(Struct, frozen=True):
    """A rep's leads from one team, and the won ones among them: 0 <= `won` <= `received`."""

    rep: str
    received: int
    won: int


class Performance(Struct, frozen=True):
    """One rep's evidence, and the factor that follows from it.

    `low` and `high` bound the rate of wins with 95 % confidence by the rep's own leads alone; `expected`
    is the rate after shrinking (all three 0 to 1). `factor` multiplies the weight of `team.yaml`, in
    thousandths, 500 to 2000.
    """

    rep: str
    received: int
    won: int
    low: float
    high: float
    expected: float
    factor: int


class TeamPerformance(Struct, frozen=True):
    """The results of a team and of each of its reps.

    `strength` is the number of own leads at which a rep's own rate counts as much as the team's rate (0:
    only the own leads count). None: the wins do not show that the reps differ, and every factor is 1000.
    """

    received: int
    won: int
    strength: float | None
    reps: tuple[Performance, ...]


def ripe_between(team: Team, *, now: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last moment at which a lead was given that counts at `now` (aware UTC), or None.

    The team's window (`performance`) ends 14 days before `now`: otherwise a rep with many recent leads would
    look bad.
    """
    return None if team.performance is None else (now - RIPENS - team.performance, now - RIPENS)


def wins_of(sums: Mapping[tuple[str, str], RepSums], team: Team) -> tuple[Wins, ...]:
    """The wins of the team's reps among leads given within its window, in file order.

    A win after the lead went to another owner does not count for the rep. A lead that a rep gave back counts
    as not won; otherwise giving back hard leads would pay.
    """
    of_rep = {rep: sums.get((team.name, rep), RepSums()) for rep in team.reps}
    return tuple(Wins(rep, one.received, one.won_in_hand) for rep, one in of_rep.items())


def weights_in_force(roster: Roster, team: str, book: Book) -> dict[str, int]:
    """The weight in force (thousandths) of each rep of the team, by name in file order."""
    found = {}
    for name in roster.teams[team].reps:
        weight = roster.reps[name].weight
        factor = book.value(factor_field(team, name)) if roster.teams[team].performance is not None else 0
        found[name] = weight * factor // UNCHANGED if factor else weight
    return found


def performance_of(results: Sequence[Wins]) -> TeamPerformance:
    """The performance of each rep, in the order given; a rep without leads gets the team's rate.

    Raises ValueError when `won` is negative or larger than `received`.
    """
    for one in results:
        if not 0 <= one.won <= one.received:
            raise ValueError(f"{one.rep} won {one.won} of {one.received} leads received.")
    received, won = sum(one.received for one in results), sum(one.won for one in results)
    rate = won / received if received else 0.0
    alike = _alikeness([one for one in results if one.received * min(rate, 1 - rate) >= _TELLING], rate)
    strength = (1 - alike) / alike if alike > 0 else None
    return TeamPerformance(
        received, won, strength, tuple(_performance(one, rate=rate, strength=strength) for one in results)
    )


def _performance(one: Wins, *, rate: float, strength: float | None) -> Performance:
    low, high = wilson(one.won, one.received)
    expected, factor = rate, UNCHANGED
    if strength is not None and one.received:
        expected = (one.won + strength * rate) / (one.received + strength)
        steps = round(UNCHANGED * expected / rate / _STEP)
        factor = min(max(steps * _STEP, LEAST_FACTOR), MOST_FACTOR)
    return Performance(one.rep, one.received, one.won, low, high, expected, factor)


def wilson(won: int, received: int) -> tuple[float, float]:
    """The bounds (0 to 1) of the true rate of wins with 95 % confidence; (0, 1) without leads.

    The score interval of Wilson, J. Am. Stat. Assoc. 22(158), 1927, p. 209.
    """
    if not received:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    rate, spread = won / received, z * z / received
    middle = rate + spread / 2
    reach = sqrt(spread * (rate * (1 - rate) + spread / 4))
    return max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread))


def _alikeness(results: Sequence[Wins], rate: float) -> float:
    """Lower bound of the intraclass correlation, 0 to 1; 0 if chance alone explains the wins.

    It measures how much more alike two leads of the same rep are than leads of different reps.
    """
    if len(results) < 2 or not 0 < rate < 1:
        return 0.0
    most = _most_by_chance(results, rate)
    low, high = 0.0, 1.0
    if _spread(results, rate, alike=low) <= most:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _spread(results, rate, alike=middle) > most:
            low = middle
        else:
            high = middle
    return low


def _spread(results: Sequence[Wins], rate: float, *, alike: float) -> float:
    """Pearson's statistic: squared distance of the reps' wins from the team's rate, by expected variance."""
    variance = rate * (1 - rate)
    return sum(
        (one.won - one.received * rate) ** 2 / (one.received * variance * (1 + (one.received - 1) * alike))
        for one in results
    )


def _most_by_chance(results: Sequence[Wins], rate: float) -> float:
    """The spread that a team of equal reps exceeds once in a thousand times.

    A gamma distribution of the statistic's exact mean and variance (Haldane, Biometrika 33, 1945, p. 234),
    which few wins make wider than chi-squared, by the cube root of Wilson & Hilferty (PNAS 17, 1931, p. 684).
    """
    freedom = len(results) - 1
    variance = rate * (1 - rate)
    width = 2 * freedom + sum(max(0.0, (1 - 6 * variance)) / (one.received * variance) for one in results)
    degrees = 2 * freedom * freedom / width
    z = NormalDist().inv_cdf(1 - _CHANCE)
    part = 2 / (9 * degrees)
    return freedom * (1 - part + z * sqrt(part)) ** 3
