"""What does a change of the rule files cost six processes, and the leads that come in meanwhile?

    python -m bench.rules_reload [--rules 2000] [--at 8] [--changes 3]

Four workers, housekeeping and cron with a company's rules: CPU seconds until all have started, and for each
change until it is live in all of them; then the time from a lead's announcement to its owner before and
during the changes. Leads come one by one. Judged: a change is live everywhere within 5 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.policy.rule_text import company_files
from bench.processes import REPOSITORY, Stage, a_stage, listening, processes

ROLES: Final = (*["worker"] * 4, "housekeeping", "cron")
LIMIT_S: Final = 5.0
QUIET_S: Final = 10.0
PATIENCE_S: Final = 180.0
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuTimes:
    """CPU seconds of processes so far: their own, and those of the short-lived ones that they started."""

    own: tuple[float, ...]
    children: float


def cpu_of(pids: list[int]) -> CpuTimes:
    """What the kernel has counted."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    own = tuple((int(one[11]) + int(one[12])) / TICKS for one in fields)
    return CpuTimes(own, sum(int(one[13]) + int(one[14]) for one in fields) / TICKS)


def said(stage: Stage, words: str) -> int:
    """How many of the six logs have these words."""
    logs = [path for path in stage.directory.glob("*.log") if path.name != "server.log"]
    return sum(words.encode() in path.read_bytes() for path in logs)


def until(condition: Callable[[], bool]) -> float:
    """Seconds until the condition holds."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE_S:
            raise TimeoutError(f"nothing after {PATIENCE_S:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def _said_by_all(stage: Stage, words: str) -> bool:
    return said(stage, words) == len(ROLES)


def show_cpu(name: str, took_s: float, before: CpuTimes, after: CpuTimes) -> None:
    """One line: seconds, and CPU seconds of each process and of judging apart."""
    spent = [late - early for early, late in zip(before.own, after.own, strict=True)]
    apart = after.children - before.children
    each = " ".join(f"{one:5.2f}" for one in spent)
    print(f"{name:<22} {took_s:6.1f} s   CPU-s {each}   apart {apart:5.2f}   all {sum(spent) + apart:6.2f}")


def write(files: Mapping[str, bytes], directory: Path) -> None:
    """Put the files there."""
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)


def change(config: Path, number: int) -> str:
    """Another default SLA in routing.yaml; returns the words that tell a reader of logs that it is live."""
    from router.rulefiles.load import revision
    from router.rules_on_disk import read_rule_files

    routing = config / "routing.yaml"
    text = routing.read_text()
    at = text.rindex("default:")
    end = text.index("h", at)
    routing.write_text(f"{text[:at]}default: {number + 5}{text[end:]}")
    return f'"revision": "{revision(read_rule_files(config))}"'


def waits_ms(stage: Stage, spans: list[tuple[float, float]]) -> list[float]:
    """Milliseconds from announcement to owner of the leads announced within these spans (epoch s)."""
    told = stage.sandbox.contacts(brief=True)
    return [
        one["owned_at"] - one["announced_at"]
        for one in told
        if one["owned_at"] and any(begin <= one["announced_at"] / 1000 <= end for begin, end in spans)
    ]


def leads(stage: Stage, *, at: float, stop: threading.Event) -> None:
    """Create contacts one by one, `at` a second."""
    number = 0
    while not stop.wait(1 / at):
        number += 1
        contact = {
            "email": f"c{number}@acier{number % 97}.fr",
            "country": "FR",
            "zip": f"{number % 90 + 10}000",
        }
        stage.sandbox.create_exactly([contact])


def show_waits(name: str, found: list[float]) -> float:
    """One line; the median."""
    found = sorted(found)
    middle = statistics.median(found)
    print(f"leads {name:<16} {len(found):>5}: p50 {middle:.0f} ms, p90 {found[int(len(found) * 0.9)]:.0f} ms")
    return middle


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rules", type=int, default=2000)
    parser.add_argument("--at", type=float, default=8.0, help="leads per second")
    parser.add_argument("--changes", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "config"
        write(company_files(asked.rules, shipped=REPOSITORY / "config"), config)
        with (
            a_stage(config=config, calls_per_10s=10_000) as stage,
            listening(stage, ["-m", "router.web"]) as url,
            processes(stage, *[["-m", "workers", role] for role in ROLES]) as running,
        ):
            pids = [one.pid for one in running]
            nothing = CpuTimes((0.0,) * len(pids), 0.0)
            show_cpu(
                "start", until(lambda: said(stage, "process.started") == len(ROLES)), nothing, cpu_of(pids)
            )
            return reloads(stage, f"{url}/webhooks/hubspot", pids, config, asked)


def reloads(stage: Stage, url: str, pids: list[int], config: Path, asked: argparse.Namespace) -> int:
    """Change the rules while leads come in; 1 if a change is not live everywhere within the limit."""
    stage.sandbox.deliver(
        url, public_url=stage.environment["PUBLIC_WEBHOOK_URL"], duplicates=0.0, enabled=True
    )
    stop = threading.Event()
    creating = threading.Thread(target=leads, args=(stage,), kwargs={"at": asked.at, "stop": stop})
    creating.start()
    quiet, busy, slowest = [], [], 0.0
    for number in range(asked.changes):
        begin, idle = time.time(), cpu_of(pids)
        time.sleep(QUIET_S)
        quiet.append((begin, time.time()))
        before = cpu_of(pids)
        show_cpu("without a change", QUIET_S, idle, before)
        begin, words = time.time(), change(config, number)
        took_s = until(partial(_said_by_all, stage, words))
        busy.append((begin, time.time()))
        show_cpu("change live", took_s, before, cpu_of(pids))
        slowest = max(slowest, took_s)
    stop.set()
    creating.join()
    time.sleep(2)
    usual = show_waits("without a change", waits_ms(stage, quiet))
    changed = show_waits("during changes", waits_ms(stage, busy))
    print(f"ratio of medians {changed / usual:.2f}; slowest change {slowest:.1f} s (limit {LIMIT_S:.0f} s)")
    return int(slowest > LIMIT_S)


if __name__ == "__main__":
    raise SystemExit(main())
