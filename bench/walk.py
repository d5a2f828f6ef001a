"""How many files does one lead walk through, from `inbox.take` until it is finished?

    python -m bench.walk [--json] [--rules config]

One lead is routed by the worker's own `Drain` in a warm process (another lead was routed before), with a
sandbox portal and an embedded Valkey. `sys.setprofile` counts from the call of `Inbox.take` until the call
of `Commits.finish` that moved the lead has returned. Only files under router/ and workers/ count:

- files: different files in which a function was called;
- calls: calls of functions; a generator counts each time that it is resumed;
- hops: calls whose caller is in another file. If a library calls back into our code, the caller is the
  nearest function of ours below the library on the stack. Returns do not count.

The thread pool of the drain is replaced by one that runs its work at once, on the thread that is measured.
At 7400fc9: 56 files, 688 calls (a few more or less, as bytes arrive), 253 hops; with the shipped rules
(`--rules config`), which read companies too: 60 files, 847 calls, 283 hops.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

import structlog
from msgspec.structs import replace

from bench.processes import REPOSITORY, Stage, a_stage, copy_rules
from router.bootstrap import open_context
from router.settings import read_settings
from router.store.inbox.inbox import Inbox
from router.store.leads.commits import Commits
from workers.drain import Drain

OURS = tuple(f"{REPOSITORY / package}{os.sep}" for package in ("router", "workers"))
IN_WORKING_HOURS = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
"""A Tuesday: the walk must not depend on the hour at which it is measured."""
LEADS = [
    {
        "email": f"lead{number}@entreprise{number}.fr",
        "jobtitle": "Directeur commercial",
        "type_demande": "demo",
        "country": "France",
        "zip": "69003",
    }
    for number in range(2)
]


class AtOnce(Executor):
    """Runs its work before `submit` returns."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            done.set_exception(error)
        return done


class Walk:
    """Counts calls between `begin` and `end`, by (file of the caller, file of the called)."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self._is_over = False

    def begin(self) -> None:
        if not self._is_over:  # the drain looks for more leads afterwards
            sys.setprofile(self._see)

    def end(self) -> None:
        sys.setprofile(None)
        self._is_over = True

    def _see(self, frame: FrameType, event: str, _what: object) -> None:
        if event == "call" and (called := _file(frame.f_code)):
            self.calls[_caller(frame) or called, called] += 1


def _file(code: CodeType) -> str:
    """The file in our packages, "" if it is not one of ours."""
    name = code.co_filename
    return name.removeprefix(f"{REPOSITORY}{os.sep}") if name.startswith(OURS) else ""


def _caller(frame: FrameType) -> str:
    above = frame.f_back
    while above is not None:
        if file := _file(above.f_code):
            return file
        above = above.f_back
    return ""


@contextmanager
def watched(walk: Walk) -> Iterator[None]:
    """Begin with the call of `Inbox.take`, and end when `Commits.finish` has moved a lead."""
    take, finish = Inbox.take, Commits.finish

    def begins(*args: Any, **kwargs: Any) -> Any:
        walk.begin()
        return take(*args, **kwargs)

    def ends(self: Any, moves: Any, **kwargs: Any) -> Any:
        moved = finish(self, moves, **kwargs)
        if moves:
            walk.end()
        return moved

    with patch.object(Inbox, "take", begins), patch.object(Commits, "finish", ends):
        yield


def walk_one(stage: Stage) -> Walk:
    """Route one lead to warm up, and watch another one."""
    os.environ.update(stage.environment)
    context = open_context(read_settings(), role="worker")
    services = replace(context.services, clock=lambda: IN_WORKING_HOURS)
    services.rules.refresh()
    context = replace(context, services=services)
    walk = Walk()
    first, second = stage.sandbox.create_exactly(LEADS)
    services.store.inbox.append([(first, 0)])
    Drain(context, pool=AtOnce()).run()
    services.store.inbox.append([(second, 0)])
    with watched(walk):
        Drain(context, pool=AtOnce()).run()
    if not all(one["owned_at"] for one in stage.sandbox.contacts(brief=True)):
        raise AssertionError("a lead was not routed")
    return walk


def figures(walk: Walk) -> dict[str, Any]:
    """Files, calls and hops, in all and by package (a hop belongs to the package that is called)."""
    files, calls, hops = Counter[str](), Counter[str](), Counter[str]()
    for called in {called for _, called in walk.calls}:
        files[str(Path(called).parent)] += 1
    for (caller, called), times in walk.calls.items():
        calls[str(Path(called).parent)] += times
        hops[str(Path(called).parent)] += times * (caller != called)
    packages = {one: {"files": files[one], "calls": calls[one], "hops": hops[one]} for one in sorted(files)}
    return {"files": files.total(), "calls": calls.total(), "hops": hops.total(), "packages": packages}


def main() -> None:
    """Walk once and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rules", type=Path, default=REPOSITORY / "bench" / "rules", help="a folder")
    asked = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory() as name:
        config = copy_rules(asked.rules, Path(name) / "config")
        with a_stage(config=config, calls_per_10s=10_000) as stage:
            walked = figures(walk_one(stage))
    if asked.json:
        print(json.dumps(walked, indent=2))
        return
    print(f"{'package':<32}{'files':>7}{'calls':>7}{'hops':>7}")
    for package, counts in (*walked["packages"].items(), ("all", walked)):
        print(f"{package:<32}{counts['files']:>7}{counts['calls']:>7}{counts['hops']:>7}")


if __name__ == "__main__":
    main()
