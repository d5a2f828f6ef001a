"""What does a lead cost when the share book has years behind it?

    python -m bench.policy.share_book [--leads 6000] [--json]

The shipped rules, and a book in which 50 or 200 reps got leads on each day of 0, 1 and 3 years: the days
are committed as leads are, so the book is what this version makes of them. Then one worker routes new leads
of a sandbox portal without delays, in batches of 100. Printed are the fields of the book that a decision
reads, leads per second of this one thread, the worker's CPU per lead (the portal and Valkey are other
processes) and its ratio to the first line, and the time in which the state of the service is read.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import redis
import structlog
from msgspec.structs import replace

from bench.processes import REPOSITORY, a_stage, copy_rules
from router.bootstrap import open_context
from router.policy.shares.share_book import credit_field, last_field, open_field, served_field, today_field
from router.routing.intake.route import route
from router.routing.portal.services import Services
from router.settings import read_settings
from router.store.health.vitals import Vitals
from router.store.leads.commits import NewDecision
from router.store.store import Store

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
"""A Tuesday in working hours."""
SIZES = ((8, 0), (50, 0), (50, 1), (50, 3), (200, 0), (200, 1), (200, 3))
"""Reps who got leads, and for how many years."""
BATCH = 100
LOOKS = 30


@dataclass(frozen=True)
class Figures:
    """What one size gave."""

    reps: int
    years: int
    fields: int
    """Fields of the book that Redis holds in the hash that every decision reads."""
    per_s: float
    cpu_us: float
    health_ms: float


def live_through(store: Store, *, reps: int, years: int) -> None:
    """Commit one decision a day that adds what a day of leads adds to the book for each rep."""
    names = [f"rep{number}" for number in range(reps)]
    teams = {name: f"team{number // 10}" for number, name in enumerate(names)}
    _, version = store.commits.read_book()
    for number in range(max(1, 365 * years)):
        decision = _a_day_of(NOW.date() - timedelta(days=number), teams, first=number == 0)
        store.commits.commit([decision], version=version + number, now_ms=0)


def _a_day_of(day: date, teams: dict[str, str], *, first: bool) -> NewDecision:
    paid = {today_field(day, rep): 5 for rep in teams}
    if first:
        paid |= {open_field(rep): 10 for rep in teams}
        paid |= {credit_field(team, rep): 1_000 * place for place, (rep, team) in enumerate(teams.items())}
        paid |= {last_field(team, rep): 7 for rep, team in teams.items()}
        paid |= {served_field(team): 100 for team in teams.values()}
    return NewDecision(f"day-{day}", 0, f"day-{day}-0", "", "", {}, paid, b"{}", shadow=True)


def contacts(count: int, chance: random.Random) -> Iterator[dict[str, str]]:
    """People of many companies: some hot, some abroad, most known by their département."""
    for number in range(count):
        yield {
            "email": f"contact{number}@entreprise{number % 977}.fr",
            "jobtitle": chance.choice(("Directeur commercial", "Responsable RH", "Comptable")),
            "type_demande": chance.choice(("demo", "devis", "contenu")),
            "country": chance.choice(("France", "FR", "france", "Allemagne")),
            "zip": f"{number % 95 + 1:02}{number % 1000:03}",
        }


def route_all(services: Services, ids: list[str]) -> tuple[float, float]:
    """Seconds and CPU seconds of this process, from the first batch to the last."""
    services.store.inbox.append([(one, services.now_ms()) for one in ids])
    began, cpu = time.perf_counter(), time.process_time()
    while entries := services.store.inbox.take("bench", reclaim=False):
        route(services, entries, consumer="bench")
    return time.perf_counter() - began, time.process_time() - cpu


def measure(config: Path, *, reps: int, years: int, leads: int) -> Figures:
    """The figures of one size, in a portal and a Valkey of its own."""
    with a_stage(config=config, calls_per_10s=10_000) as stage:
        os.environ.update(stage.environment)
        services = replace(open_context(read_settings(), role="worker").services, clock=lambda: NOW)
        services.rules.refresh()
        services.store.inbox.open()
        if years or reps != SIZES[0][0]:
            live_through(services.store, reps=reps, years=years)
        ids = stage.sandbox.create_exactly(list(contacts(leads + BATCH * 5, random.Random(7))))
        route_all(services, ids[: BATCH * 5])  # warm
        took_s, cpu_s = route_all(services, ids[BATCH * 5 :])
        owned = sum(bool(one["owned_at"]) for one in stage.sandbox.contacts(brief=True))
        if owned < leads * 0.5:
            raise AssertionError(f"only {owned} of {leads} leads were routed")
        client = redis.Redis.from_url(stage.environment["REDIS_URL"], decode_responses=True)
        vitals = Vitals(client, services.store.keys)
        looks = []
        for _ in range(LOOKS):
            began = time.perf_counter()
            vitals.read()
            looks.append(time.perf_counter() - began)
        fields = len(services.store.commits.read_book([NOW.date()])[0])
    return Figures(reps, years, fields, leads / took_s, cpu_s / leads * 1e6, statistics.median(looks) * 1e3)


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=6_000)
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="measure only the first ones")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(30),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with tempfile.TemporaryDirectory() as name:
        config = copy_rules(REPOSITORY / "config", Path(name) / "config")
        found = []
        for reps, years in SIZES[: asked.sizes]:
            found.append(measure(config, reps=reps, years=years, leads=asked.leads))
            one, first = found[-1], found[0]
            if not asked.json:
                print(
                    f"{one.reps:>4} reps {one.years} years {one.fields:>7} fields {one.per_s:>7.0f}/s "
                    f"{one.cpu_us:>7.0f} us CPU per lead, {one.cpu_us / first.cpu_us:.2f} times the first; "
                    f"health {one.health_ms:.1f} ms",
                    flush=True,
                )
    if asked.json:
        print(json.dumps([asdict(one) for one in found], indent=2))


if __name__ == "__main__":
    main()
