"""What is each speed trick of the receiver worth? The receiver as it is, against itself without one trick.

    python -m bench.receiver_tricks [--pairs 7] [trick …]
    python -m bench.receiver_tricks --other <checkout>

Each pair starts two receivers and measures them in turn, in an order that alternates: 100 events per POST,
eight clients, first as fast as they are answered, then at 50 POST/s. CPU is what all threads of the
receiver used. Printed are medians of the ratios without ÷ with: 1.10 means 10 % more without the trick.
With `--other` the receiver of another checkout is the one "without".
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import redis

from bench.receiver import ENVIRON, _body, _post_until, _request
from router.hubspot.webhooks import webhooks
from router.store import scripts
from router.store.embedded import EmbeddedValkey
from router.store.inbox import inbox
from router.web import serve as server
from router.web.__main__ import main as serve

HERE = Path(__file__).parents[1]
SERVE = ["-m", "router.web"]
CLIENTS = 8
WARM_UP_S = 0.5
TURNS = 4
MODES = {"fast": (0.0, 0.5), "50/s": (50.0, 0.8)}
"""By name: POST/s of all clients together (0: as fast as they are answered), and seconds of each turn."""


class Receiver(NamedTuple):
    """One that runs: its process, and where it listens."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a receiver took in all its turns of one pair."""

    cpu_us: float
    p50_ms: float
    p99_ms: float
    posts_per_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """One turn of one receiver: how long each exchange took, all of them, and the receiver's CPU."""

    took_s: list[float]
    elapsed_s: float
    cpu_s: float


def without_one_core() -> None:
    patch.object(server, "stay_on_one_core", lambda: None).start()


def without_kept_script() -> None:
    def plain(client: redis.Redis, name: str) -> Callable[..., Any]:
        run = scripts.script(client, name)
        return lambda keys, args: run(keys=keys, args=args)

    patch.object(inbox, "KeptScript", plain).start()


def without_creations() -> None:
    patch.object(webhooks, "only_creations", lambda _body, **_portal: None).start()


def without_nothing() -> None:
    """The control: how far from 1 the ratios are by chance."""


TRICKS = {
    "one_core": without_one_core,
    "kept_script": without_kept_script,
    "creations": without_creations,
    "nothing": without_nothing,
}


def main() -> None:
    """Compare, trick by trick, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tricks", nargs="*", help=", ".join(TRICKS))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        TRICKS[asked.serve]()
        sys.exit(serve())
    print(f"{'without':<18}{'':<6}{'CPU':>6}{'p50':>6}{'p99':>6}{'POST/s':>8}   with: CPU us/POST, p50 ms")
    if asked.other:
        compare(asked.other.name, SERVE, asked.other.resolve(), pairs=asked.pairs)
        return
    for trick in asked.tricks or TRICKS:
        compare(trick, [__file__, "--serve", trick], HERE, pairs=asked.pairs)


def compare(name: str, command: list[str], checkout: Path, *, pairs: int) -> None:
    """Print what the receiver that `command` starts in `checkout` takes, as a ratio to ours."""
    found: dict[str, list[tuple[Figures, Figures]]] = {mode: [] for mode in MODES}
    with (
        tempfile.TemporaryDirectory() as directory,
        EmbeddedValkey(Path(directory)) as valkey,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as clients,
    ):
        for pair in range(pairs):
            with running(SERVE, HERE, valkey) as ours, running(command, checkout, valkey) as other:
                for receiver in (ours, other):
                    deliver(clients, valkey, receiver, pace=0.0, seconds=WARM_UP_S)
                for mode, (pace, seconds) in MODES.items():
                    runs: dict[Receiver, list[Run]] = {ours: [], other: []}
                    for turn in range(TURNS):
                        for receiver in (ours, other) if (pair + turn) % 2 else (other, ours):
                            runs[receiver].append(
                                deliver(clients, valkey, receiver, pace=pace, seconds=seconds)
                            )
                    found[mode].append((figures(runs[ours]), figures(runs[other])))
    for mode, pairs_of_mode in found.items():
        ratios = [
            statistics.median(
                getattr(without, one) / getattr(with_it, one) for with_it, without in pairs_of_mode
            )
            for one in Figures.__slots__
        ]
        cpu_us = statistics.median(with_it.cpu_us for with_it, _ in pairs_of_mode)
        p50_ms = statistics.median(with_it.p50_ms for with_it, _ in pairs_of_mode)
        cells = "".join(f"{ratio:>{width}.2f}" for ratio, width in zip(ratios, (6, 6, 6, 8), strict=True))
        print(f"{name:<18}{mode:<6}{cells}   {cpu_us:.0f}, {p50_ms:.2f}", flush=True)


@contextlib.contextmanager
def running(command: list[str], checkout: Path, valkey: EmbeddedValkey) -> Iterator[Receiver]:
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **ENVIRON, "REDIS_URL": valkey.url, "PYTHONPATH": str(checkout)},
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        line = process.stdout.readline() if process.stdout else ""
        yield Receiver(process.pid, int(line.rsplit(":", 1)[1]))
        process.terminate()


def deliver(
    clients: ProcessPoolExecutor, valkey: EmbeddedValkey, to: Receiver, *, pace: float, seconds: float
) -> Run:
    redis.Redis.from_url(valkey.url).flushall()
    before_s = cpu_s(to.pid)
    every_s = CLIENTS / pace if pace else 0.0
    took_s, elapsed_s = clients.submit(
        _post_until, to.port, _request(_body(100)), CLIENTS, seconds, every_s
    ).result()
    return Run(took_s, elapsed_s, cpu_s(to.pid) - before_s)


def figures(turns: list[Run]) -> Figures:
    took_s = [one for run in turns for one in run.took_s]
    cuts = statistics.quantiles(took_s, n=100)
    return Figures(
        cpu_us=sum(run.cpu_s for run in turns) / len(took_s) * 1e6,
        p50_ms=cuts[49] * 1e3,
        p99_ms=cuts[98] * 1e3,
        posts_per_s=len(took_s) / sum(run.elapsed_s for run in turns),
    )


def cpu_s(pid: int) -> float:
    """Seconds that the threads of a process ran so far, more finely than `stat` tells."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


if __name__ == "__main__":
    main()
