"""Commands as child processes: seconds, CPU and peak memory of each run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COMMAND: Final = ("-c", "from router.cli import main; main()")
ANSWERS: Final = (0, 1)
"""Exit codes of a command that did its work: yes and no."""
LOOK_S: Final = 0.004
SHORT_S: Final = 2.0
RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and CPU seconds of our own processes (a database server has its own)."""

    seconds: float
    cpu_s: float

    def __truediv__(self, units: float) -> Cost:
        return Cost(self.seconds / units, self.cpu_s / units)


class Stopwatch:
    """Measures this process from its making on."""

    def __init__(self) -> None:
        self._began, self._cpu_s = time.monotonic(), time.process_time()

    def read(self) -> Cost:
        """The cost so far."""
        return Cost(time.monotonic() - self._began, time.process_time() - self._cpu_s)


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """One run. `problem` says why it is no measurement, "" if it is one; `peak_mb` is its largest memory."""

    cost: Cost
    peak_mb: float
    problem: str = ""


def run_command(arguments: Sequence[str], environment: Mapping[str, str], *, patience_s: float) -> ProcessRun:
    """The fastest of three runs of `router …`; of one run if it takes longer than two seconds."""
    runs: list[ProcessRun] = []
    while not runs or (len(runs) < RUNS and runs[-1].cost.seconds < SHORT_S and not runs[-1].problem):
        runs.append(run_python([*COMMAND, *arguments], environment, patience_s=patience_s))
    return min(runs, key=lambda one: (bool(one.problem), one.cost.seconds))


def run_python(arguments: Sequence[str], environment: Mapping[str, str], *, patience_s: float) -> ProcessRun:
    """Run Python with these arguments to its end, or kill it after `patience_s`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
        peak_kb, ended, is_late = 0, 0, False
        while True:
            # Not the kernel's peak of an ended child: that begins with the memory of its parent.
            peak_kb = max(peak_kb, peak_kb_of(child.pid))
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
            if not is_late and time.monotonic() - began > patience_s:
                is_late = True
                child.send_signal(signal.SIGKILL)
            time.sleep(LOOK_S)
        seconds, child.returncode = time.monotonic() - began, os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
    problem = f"> {patience_s:.0f} s" if is_late else ""
    if not problem and child.returncode not in ANSWERS:
        problem = said or f"exit code {child.returncode}"
    return ProcessRun(Cost(seconds, used.ru_utime + used.ru_stime), peak_kb / 1024, problem)


def peak_kb_of(pid: int) -> int:
    """The peak of a process's memory so far, in kB; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def cpu_s_of(pid: int) -> float:
    """User and system CPU seconds of a running process, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
