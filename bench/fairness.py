"""How far is anybody from their fair share, with our rotation and with four others, on the same leads?

    python -m bench.fairness [--seeds 5] [--svg fairness.svg]

Ten reps of weight 0.5 to 3, sixty days of about forty leads, ten situations. The fair share is the
carpool share: of each lead, a rep's weight by the sum of weights of those who could take it that day. The
others are re-implemented from their published descriptions, which each file of bench/peers names. Exit
code 1 if ours is a whole lead away with everyone eligible, or more than two anywhere; by value, if it is
further away than the largest lead, or than two of them. Where people take leads, those that nobody has seen
yet are added.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers import calcom, frappe, hubspot, odoo, ours
from bench.peers.streams import SCENARIOS, Arrival, Stream
from router.cli.shared.chart import Chart, svg

Deal = Callable[[Stream, random.Random], list[tuple[int, int, int]]]
METHODS: dict[str, Deal] = {
    "ours": ours.deal,
    "ours, by value": ours.deal_by_value,
    "HubSpot-like rotation": hubspot.deal,
    "Odoo daily quota": odoo.deal,
    "Cal.com weighted": calcom.deal,
    "Frappe load balancing": frappe.deal,
}
EVERYONE = ("everyone eligible", "equal weights", "unequal values")
DUST = 1e-6
"""Leads that rounding to billionths may add up to."""


@dataclass(frozen=True)
class Figures:
    """One method on one stream: leads away from the fair share at worst, and at the end; in leads, `value`
    in leads of average value; the longest run of one rep while others could; the longest wait of one who
    could, in leads; leads that nobody got; the value of the largest lead; and the most leads that people had
    taken without anybody having seen it yet."""

    worst: float
    at_the_end: float
    value: float
    run: int
    wait: int
    never: int
    largest: float
    unseen: int = 0
    lines: tuple[tuple[float, ...], ...] = ()


def judge(stream: Stream, dealt: Sequence[tuple[int, int, int]]) -> Figures:
    """Follow every rep through the assignments in their order; leads that a person took count for nobody."""
    count = len(stream.weights)
    difference, value, waits = [0.0] * count, [0.0] * count, [0] * count
    lines: list[list[float]] = [[] for _ in range(count)]
    worst = worst_value = 0.0
    run = longest_run = longest_wait = 0
    before = None
    for lead, winner, day in dealt:
        if lead in stream.taken:
            continue  # no rep had it, so it counts for nobody
        arrival = stream.arrivals[lead]
        eligible = stream.eligible(arrival, day)
        total = sum(stream.weights[rep] for rep in eligible)
        for rep in eligible:
            part = stream.weights[rep] / total
            difference[rep] -= part
            value[rep] -= part * arrival.value
            waits[rep] += 1
        difference[winner] += 1
        value[winner] += arrival.value
        waits[winner] = 0
        run = run + 1 if winner == before and len(eligible) > 1 else 1
        before = winner
        longest_run, longest_wait = max(longest_run, run), max(longest_wait, *waits)
        worst = max(worst, *map(abs, difference))
        worst_value = max(worst_value, *map(abs, value))
        for rep in range(count):
            lines[rep].append(difference[rep])
    return Figures(
        worst=worst,
        at_the_end=max(map(abs, difference)),
        value=worst_value,
        run=longest_run,
        wait=longest_wait,
        never=len(stream.arrivals) - len(dealt),
        largest=max(arrival.value for arrival in stream.arrivals),
        unseen=stream.unseen,
        lines=tuple(map(tuple, lines)),
    )


def worst_of(figures: Sequence[Figures]) -> Figures:
    """The worst of several seeds; the lines are the first seed's."""
    return Figures(
        worst=max(one.worst for one in figures),
        at_the_end=max(one.at_the_end for one in figures),
        value=max(one.value for one in figures),
        run=max(one.run for one in figures),
        wait=max(one.wait for one in figures),
        never=max(one.never for one in figures),
        largest=max(one.largest for one in figures),
        unseen=max(one.unseen for one in figures),
        lines=figures[0].lines,
    )


def any_weights(*, teams: int) -> float:
    """Our worst difference over teams of 1 to 50 reps with weights of 1 to 1,000, everyone eligible."""
    chance, worst = random.Random(11), 0.0
    for _ in range(teams):
        weights = tuple(float(chance.randint(1, 1000)) for _ in range(chance.randint(1, 50)))
        everyone = frozenset(range(len(weights)))
        stream = Stream(weights, (Arrival(0, everyone),) * 500)
        worst = max(worst, judge(stream, ours.deal(stream, chance)).worst)
    return worst


def picture(found: dict[str, dict[str, Figures]]) -> str:
    """Every method in every situation: each rep's difference, lead by lead."""
    charts = [
        Chart(
            title=f"{method}: {scenario}",
            note=f"at worst {figures.worst:.2f} leads away, of all streams",
            lines={
                f"rep {rep}": [(at / len(line), y) for at, y in enumerate(line)]
                for rep, line in enumerate(figures.lines)
            },
            ends=("first lead", f"{len(figures.lines[0]):,}"),
            bounds=(-2.0, 2.0),
        )
        for method, by_scenario in found.items()
        for scenario, figures in by_scenario.items()
    ]
    title = "Leads ahead (+) or behind (-) of the fair share; dashed: 2 leads. Every chart has its own scale."
    return svg(title, charts, columns=len(SCENARIOS))


def main() -> None:
    """Deal, judge, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="streams per situation; the worst is printed")
    parser.add_argument("--teams", type=int, default=300, help="teams of any weights")
    parser.add_argument("--svg", type=Path, default=Path("fairness.svg"), help="where to draw")
    asked = parser.parse_args()
    found: dict[str, dict[str, Figures]] = {method: {} for method in METHODS}
    for scenario, make in SCENARIOS.items():
        streams = [make(random.Random(seed)) for seed in range(1, asked.seeds + 1)]
        print(f"\n{scenario}: the worst of {asked.seeds} streams of about {len(streams[0].arrivals)} leads")
        print(f"{'':<24} {'max diff':>9} {'at end':>8} {'in value':>9} {'run':>5} {'wait':>6} {'never':>6}")
        for method, deal in METHODS.items():
            figures = worst_of([judge(one, deal(one, random.Random(99))) for one in streams])
            found[method][scenario] = figures
            print(
                f"{method:<24} {figures.worst:>9.2f} {figures.at_the_end:>8.2f} {figures.value:>9.1f} "
                f"{figures.run:>5} {figures.wait:>6} {figures.never:>6}"
            )
    worst = any_weights(teams=asked.teams)
    print(
        f"\nours, everyone eligible, {asked.teams} teams of 1-50 reps, weights 1-1,000: {worst:.5f} at worst"
    )
    asked.svg.write_text(picture(found), encoding="utf-8")
    print(f"drawn: {asked.svg}")
    kept = all(
        figures.worst < 1 + DUST if scenario in EVERYONE else figures.worst <= 2 + figures.unseen
        for scenario, figures in found["ours"].items()
    )
    kept = kept and all(
        figures.value <= figures.largest * (1 if scenario in EVERYONE else 2) + figures.unseen + DUST
        for scenario, figures in found["ours, by value"].items()
    )
    if not kept or worst >= 1 + DUST:
        sys.exit("Ours is further from the fair share than promised.")


if __name__ == "__main__":
    main()
