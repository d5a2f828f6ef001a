"""What is the columnar backtest worth, against `decide` called for one lead after the other?

    python -m bench.policy.backtest_plain [--leads 200000] [--rules 1000] [--pairs 7]

Both replay the same export (see `bench.policy.backtest`) through two sets of rules, in two processes, and
have to count the same moves. The plain one is what one writes first: each process takes one set of rules,
reads the CSV row by row, calls `decide`, and adds what it says to the book. The two run in turn, in an order
that alternates; printed are the medians of the ratios of their times and of the CPU that they used.
"""

from __future__ import annotations

import argparse
import csv
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from bench.policy.backtest import CONFIG, HEADER, a_rule_set, contacts
from router.policy.backtest.dealing.comparison import place_of, taker_of
from router.policy.backtest.dealing.dealing import without_open_caps
from router.policy.decision.compiled import compile_policy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.leads.catalog import COMPANY_PREFIX, Catalog
from router.policy.leads.lead import Lead
from router.policy.leads.parsing import moment_in
from router.policy.shares.share_book import Book
from router.routing.backtest.blocks import RuleSet
from router.routing.backtest.csv_leads import open_csv
from router.routing.backtest.run import run_backtest
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog


@dataclass(frozen=True, slots=True)
class Run:
    """How long it took, how many leads go to another place, and how many to another rep of their team."""

    took_s: float
    cpu_s: float
    moved: int
    other_rep: int


def columnar(path: Path, catalog: Catalog, before: RuleSet, after: RuleSet) -> Run:
    began, cpu_before_s = time.perf_counter(), cpu_s()
    ran = run_backtest(open_csv(path, catalog), before, after, workers=2, progress=lambda _leads: None)
    took_s = time.perf_counter() - began
    return Run(took_s, cpu_s() - cpu_before_s, ran.comparison.moved, ran.comparison.other_rep)


def plain(path: Path, before: RuleSet, after: RuleSet) -> Run:
    began, cpu_before_s = time.perf_counter(), cpu_s()
    with ProcessPoolExecutor(2, mp_context=get_context("fork"), initializer=gc.disable) as pool:
        was, becomes = pool.map(ended, (path, path), (before, after))
    moved = sum(old[0] != new[0] for old, new in zip(was, becomes, strict=True))
    other_rep = sum(old[0] == new[0] and old[1] != new[1] for old, new in zip(was, becomes, strict=True))
    return Run(time.perf_counter() - began, cpu_s() - cpu_before_s, moved, other_rep)


def cpu_s() -> float:
    """CPU seconds of this process so far, and of its processes that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def ended(path: Path, rules: RuleSet) -> list[tuple[str, str]]:
    """Where each lead ends and who has it there, decided one after the other."""
    compiled, fields = compile_policy(without_open_caps(rules.policy)), dict[str, int]()
    found = []
    for lead, arrived in leads(path):
        world = World(Book(fields), rules.owners, arrived)
        decision = decide_on_facts(compiled, compiled.read(lead, arrived), world, DecisionRequest(lead.id))
        for name, change in decision.book_changes.items():
            fields[name] = fields.get(name, 0) + change
        place = str(place_of(decision.outcome))
        found.append((place, taker_of(decision.outcome) or place))
    return found


def leads(path: Path) -> Iterator[tuple[Lead, datetime]]:
    """The rows of the export, which are in the order of arrival."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            of_company = {
                name.removeprefix(COMPANY_PREFIX): text
                for name, text in row.items()
                if name.startswith(COMPANY_PREFIX)
            }
            arrived = moment_in(row["createdate"])
            if arrived is not None:
                yield Lead(row["Record ID"], row, of_company), arrived


def main() -> None:
    """Make the export, replay it in turn, print the times and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=200_000)
    parser.add_argument("--rules", type=int, default=1_000, help="40 are hardly more than the shipped ones")
    parser.add_argument("--pairs", type=int, default=7)
    asked = parser.parse_args()
    catalog = parse_catalog((CONFIG / CATALOG_FILE).read_bytes())
    before = a_rule_set("before", rules=asked.rules, changed=None)
    # Every fortieth of the rules that were added names another team; of few rules, every one.
    after = a_rule_set("after", rules=asked.rules, changed=40 if asked.rules > 100 else 1)
    ratios, cpu_ratios = [], []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "leads.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(contacts(asked.leads))
        for pair in range(asked.pairs):
            if pair % 2:
                slow, fast = plain(path, before, after), columnar(path, catalog, before, after)
            else:
                fast, slow = columnar(path, catalog, before, after), plain(path, before, after)
            if (fast.moved, fast.other_rep) != (slow.moved, slow.other_rep):
                raise AssertionError(f"they differ: {fast} and {slow}")
            ratios.append(slow.took_s / fast.took_s)
            cpu_ratios.append(slow.cpu_s / fast.cpu_s)
            print(
                f"columnar {fast.took_s:.1f} s (CPU {fast.cpu_s:.1f} s), plain {slow.took_s:.1f} s "
                f"(CPU {slow.cpu_s:.1f} s); {fast.moved:,} moved, {fast.other_rep:,} to another rep",
                flush=True,
            )
    took, used = statistics.median(ratios), statistics.median(cpu_ratios)
    print(
        f"{asked.leads:,} leads, {len(before.policy.rules):,} rules: plain takes {took:.1f} times as long "
        f"and {used:.1f} times the CPU (medians of {asked.pairs})"
    )


if __name__ == "__main__":
    main()
