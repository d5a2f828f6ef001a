"""The demo from the outside: one command, every promise kept, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DEMO = [sys.executable, "-c", "from router.cli import main; main()", "demo"]


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    """An environment whose settings the demo must not touch, and a place of its own for what it makes.

    Afterwards that place is empty, and no process knows it any more.
    """
    place = Path(tempfile.mkdtemp())  # not tmp_path: its names are too long for a socket
    real = {"REDIS_URL": "redis://127.0.0.1:1/0", "HUBSPOT_BASE_URL": "https://127.0.0.1:1", "PORT": "1"}
    yield {**os.environ, **real, "TMPDIR": str(place)}
    assert list(place.iterdir()) == []
    assert _processes_that_name(place) == []
    place.rmdir()


def test_the_demo_routes_every_contact_and_keeps_every_promise(environ: dict[str, str]) -> None:
    began = time.monotonic()

    answer = subprocess.run(
        [*DEMO, "--contacts", "60", "--seed", "7", "--json"], env=environ, capture_output=True, text=True
    )

    report = json.loads(answer.stdout)
    assert answer.returncode == 0, answer.stderr
    assert [check["promise"] for check in report["checks"] if not check["ok"]] == []
    assert report["contacts"] == 60
    assert report["checks"][0]["cases"] == 57  # three had an owner from the start
    assert sum(report["counts"]["outcome"].values()) == 57
    assert report["latency_s"]["p95"] < 5
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("moment", "number"),
    [("Starting", signal.SIGINT), ("Routed", signal.SIGTERM), ("Ctrl-C ends it", signal.SIGINT)],
)
def test_ctrl_c_at_any_moment_leaves_nothing_behind(
    environ: dict[str, str], moment: str, number: signal.Signals
) -> None:
    demo = subprocess.Popen(
        [*DEMO, "--contacts", "40", "--seed", "7", "--stay"],
        env={**environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if moment in line:
            break

    demo.send_signal(number)

    said, _ = demo.communicate(timeout=30)
    assert "Traceback" not in said


def _processes_that_name(directory: Path) -> list[str]:
    """Command lines and environments of living processes that mention the directory, but for our own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if os.fsencode(directory) in told and int(process.name) != os.getpid():
            found.append(process.name)
    return found
