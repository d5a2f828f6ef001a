"""What gets slower as the ledger and the share book grow, and by how much?

    python -m bench.growth [--sizes 10k,100k] [--databases sqlite] [--only fairness] [--json growth.json]

Ledgers of 10,000, 100,000 and 1,000,000 decisions are cloned from leads that were really routed at a sandbox
portal, spread over a year, on SQLite and PostgreSQL. Every command and housekeeping job runs on each, and
leads are routed after 0, 1 and 3 years of 50 and 200 reps. The first column is the ledger of the really
routed leads; what is above it must not grow faster than a logarithm, per lead, and a person must not wait
longer than a second. Exit code 1 if a row fails. Ledgers on SQLite are kept in --cache for the next run.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.growth import table
from bench.growth.clones import PER_SLOT, clone
from bench.growth.commands import CALLS, Call, Facts, arguments_of, facts_of, undecided
from bench.growth.databases import DIALECTS, BuiltLedgers, NoDatabase, postgresql_ledgers, sqlite_ledgers
from bench.growth.jobs import JOBS, open_jobs, undecided_jobs
from bench.growth.rules import write_rules
from bench.growth.running import run_command
from bench.growth.seeds import Year, route_a_year
from bench.growth.shares import RoutingRate, rate_after
from bench.growth.table import GrowthRow
from bench.processes import PORTAL, Stage, a_stage
from router.ledger import Ledger, open_ledger
from router.telemetry import set_up_logging

CALLS_PER_10S: Final = 5_000
COMMAND_NOISE_S: Final = 0.05
JOB_NOISE_S: Final = 20e-6
REPS: Final = (50, 200)
YEARS: Final = (0, 1, 3)
EXAMPLE: Final = "Example: python -m bench.growth --sizes 10k,100k --databases sqlite --only undo"


@dataclass(slots=True)
class Growth:
    """A run of the bench: what is asked for, and the figures so far."""

    asked: argparse.Namespace
    show: Callable[..., None]
    rows: dict[tuple[str, str], GrowthRow] = field(default_factory=dict)
    rates: list[RoutingRate] = field(default_factory=list)

    def is_wanted(self, name: str) -> bool:
        """True unless --only names something else."""
        return self.asked.only is None or self.asked.only in name

    def row(self, database: str, name: str, **about: Any) -> GrowthRow:
        """The row of that name, begun at its first figure."""
        new = GrowthRow(database, name, clock=self.asked.clock, **about)
        return self.rows.setdefault((database, name), new)

    def save(self) -> None:
        """Write the figures so far, so that an abort loses none."""
        if self.asked.json is not None:
            found = table.as_json(list(self.rows.values()), self.rates)
            self.asked.json.write_bytes(
                orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
            )


def main() -> None:
    """Measure what is asked for, and print the tables."""
    asked = options(sys.argv[1:])
    set_up_logging(form="console", level="error", secrets=())
    if missing := (*undecided(), *undecided_jobs()):
        raise SystemExit(
            f"Nobody has said how to measure {', '.join(missing)}. Add it to CALLS or EXEMPT in "
            "bench/growth/commands.py, or to JOBS or EXEMPT_JOBS in bench/growth/jobs.py."
        )
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        growth = Growth(asked, show=partial(drawn.update, drawn.add_task("Starting", total=None)))
        try:
            with (
                tempfile.TemporaryDirectory(prefix="lead-router-growth-") as name,
                contextlib.suppress(KeyboardInterrupt),  # what is measured is shown all the same
            ):
                measure(growth, Path(name))
        except NoDatabase as error:
            raise SystemExit(str(error)) from None
    rows = list(growth.rows.values())
    sizes = sorted({size for row in rows for size in (*row.seconds, *row.problems)})
    table.print_all(rows, growth.rates, sizes=sizes)
    verdicts = [row.verdict for row in rows] + [
        table.verdict_of_rate(one, growth.rates) for one in growth.rates
    ]
    raise SystemExit(0 if set(verdicts) <= {"ok"} else 1)


def measure(growth: Growth, folder: Path) -> None:
    """Build the ledgers, run everything on them, then route after years."""
    names = [call.arguments for calls in CALLS.values() for call in calls] + [one.name for one in JOBS]
    if any(map(growth.is_wanted, names)):
        rules = write_rules(folder / "rules")
        with a_stage(config=rules, calls_per_10s=CALLS_PER_10S) as stage:
            ends = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            growth.show(description="Routing the leads to be cloned")
            year = route_a_year(stage, months=growth.asked.months, leads=growth.asked.seeds, ends=ends)
            for dialect in growth.asked.databases:
                with ExitStack() as stack:
                    for ledgers in _built(
                        growth, stack, stage, year, dialect=dialect, ends=ends, folder=folder
                    ):
                        measure_ledgers(growth, stage, ledgers)
    if growth.is_wanted("routing"):
        for reps in REPS:
            for years in YEARS:
                about = f"Routing after {years} years of {reps} reps"
                growth.show(description=about)
                tell = partial(_days_left, growth, about)
                try:
                    rate = rate_after(folder, reps=reps, years=years, leads=growth.asked.leads, show=tell)
                except TimeoutError as error:
                    rate = RoutingRate(reps, years, problem=str(error))
                growth.rates.append(rate)
                growth.save()


def _days_left(growth: Growth, about: str, days: int) -> None:
    if days % 30 == 0:
        growth.show(description=f"{about}: {days} days left")


def _built(
    growth: Growth, stack: ExitStack, stage: Stage, year: Year, *, dialect: str, ends: datetime, folder: Path
) -> Sequence[BuiltLedgers]:
    """The ledgers of one dialect; the first is that of the routed leads, each cloned less than twice."""
    sizes = [max(PER_SLOT, year.decisions // PER_SLOT * PER_SLOT), *growth.asked.sizes]
    fills = {size: partial(_fill, growth, year, size, ends, dialect) for size in sizes}
    if dialect == "postgresql":
        return [stack.enter_context(postgresql_ledgers(fills, portal=PORTAL))]
    key = f"{ends:%Y%m%d}-{growth.asked.months}x{growth.asked.seeds}"
    kept = growth.asked.cache or folder / "kept"
    return [
        stack.enter_context(sqlite_ledgers(fills, kept=kept, copies=stage.directory, portal=PORTAL, key=key))
    ]


def _fill(growth: Growth, year: Year, size: int, ends: datetime, dialect: str, ledger: Ledger) -> None:
    def show(done: int) -> None:
        growth.show(description=f"Cloning for {dialect}", total=size, completed=done)

    clone(year, ledger, decisions=size, ends=ends, show=show)
    growth.show(total=None)


def measure_ledgers(growth: Growth, stage: Stage, ledgers: BuiltLedgers) -> None:
    """Every command and job on every size, the smallest first."""
    for size, url in sorted(ledgers.urls.items()):
        ledger = open_ledger(url, PORTAL)
        facts = facts_of(ledger)
        ledger.close()
        environment = stage.environment | {"DATABASE_URL": url}
        for call in (call for calls in CALLS.values() for call in calls if growth.is_wanted(call.arguments)):
            growth.show(description=f"{ledgers.dialect}, {size:,}: router {call.arguments}")
            _measure_call(growth, call, facts, environment, database=ledgers.dialect, size=size)
            growth.save()
        _measure_jobs(growth, stage, facts, environment, database=ledgers.dialect, size=size)


def _measure_call(
    growth: Growth, call: Call, facts: Facts, environment: Mapping[str, str], *, database: str, size: int
) -> None:
    row = growth.row(
        database,
        re.sub(r" --json| \{\w+\}| --team.*| --leads \w+", "", call.arguments),
        unit="lead" if call.leads else "run",
        waits=not call.leads,
        noise_s=JOB_NOISE_S if call.leads else COMMAND_NOISE_S,
    )
    run = run_command(arguments_of(call, facts), environment, patience_s=growth.asked.patience)
    if run.problem:
        row.problems[size] = run.problem
    else:
        leads = facts.counts[call.leads] if call.leads else None
        row.note(size, run.cost, leads=leads, peak_mb=run.peak_mb)


def _measure_jobs(
    growth: Growth, stage: Stage, facts: Facts, environment: Mapping[str, str], *, database: str, size: int
) -> None:
    wanted = [one for one in JOBS if growth.is_wanted(one.name)]
    if not wanted:
        return
    context = open_jobs(stage, environment, facts)
    for job in wanted:
        growth.show(description=f"{database}, {size:,}: {job.name}")
        row = growth.row(database, job.name, unit=job.unit, noise_s=JOB_NOISE_S)
        row.note(size, job.cost(context))
        growth.save()
    context.services.ledger.close()


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; a mistake is a sentence and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sizes", type=_sizes, default=_sizes("10k,100k,1M"), metavar="N,…", help="decisions: 10k,100k,1M"
    )
    parser.add_argument(
        "--databases", type=_dialects, default=DIALECTS, metavar="NAME,…", help="sqlite,postgresql (both)"
    )
    parser.add_argument("--only", metavar="TEXT", help="rows whose name has this text; routing: those rates")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write every figure there, too, as it comes"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep the SQLite ledgers there (same day only)"
    )
    parser.add_argument(
        "--patience", type=float, default=120.0, metavar="S", help="end a command after (120)"
    )
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="judge CPU seconds where the machine is busy"
    )
    parser.add_argument(
        "--leads", type=int, default=10_000, metavar="N", help="leads per routing rate (10000)"
    )
    parser.add_argument("--months", type=int, default=12, metavar="N", help="revisions in the year (12)")
    parser.add_argument("--seeds", type=int, default=40, metavar="N", help="leads really routed by each (40)")
    return parser.parse_args(arguments)


def _sizes(text: str) -> tuple[int, ...]:
    found = []
    for word in text.split(","):
        match = re.fullmatch(r"([1-9][0-9]{0,8})([kM]?)", word.strip())
        size = int(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]] if match else 0
        if size < PER_SLOT:
            raise argparse.ArgumentTypeError(
                f"'{word}' is no size of {PER_SLOT} or more. Write 10k, 100k or 1M."
            )
        found.append(size)
    return tuple(sorted(set(found)))


def _dialects(text: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in text.split(","))
    if wrong := [word for word in found if word not in DIALECTS]:
        raise argparse.ArgumentTypeError(f"'{wrong[0]}' is no database. Write {' or '.join(DIALECTS)}.")
    return found


if __name__ == "__main__":
    main()
