"""Judging of rule files in a short-lived process of low priority, so that leads in this one never wait."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson

from router.routing.portal.rules_gate import GateResult, judge
from router.routing.portal.verdict_key import program_version
from router.rulefiles.packing import packed, unpacked
from router.security.printing import guard_tracebacks

LONGEST_S: Final = 50.0
"""Seconds that judging may take there; afterwards it is done here."""
NICE: Final = 10
"""Priority of that process; routing has 0, and 19 is the lowest."""
_COMMAND: Final = f"import os; os.nice({NICE}); from {__name__} import main; main()"


def judge_apart(files: Mapping[str, bytes], now: datetime) -> GateResult:
    """The mistakes of the files, as `judge` finds them; the policy is left out.

    Whatever goes wrong in the other process, the files are judged in this one: what is a bug is raised here.
    """
    mistakes = _asked(files, now)
    return judge(files, now) if mistakes is None else GateResult(None, mistakes)


def _asked(files: Mapping[str, bytes], now: datetime) -> tuple[Mapping[str, str | int], ...] | None:
    """The answer of a process of its own; None if it fails, or if the program on disk is another by now."""
    question = {"files": packed(files), "now": now.isoformat()}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND],
            input=orjson.dumps(question),
            stdout=subprocess.PIPE,
            timeout=LONGEST_S,
            check=True,
        )
        told = orjson.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, orjson.JSONDecodeError):
        return None  # the caller judges for itself
    return tuple(told["mistakes"]) if told["program"] == program_version() else None


def main() -> None:
    """Judge the files of standard input, and write the mistakes to standard output."""
    guard_tracebacks()
    signal.alarm(int(LONGEST_S))  # also if nobody waits for the answer any more
    with open(0, "rb") as source:
        question = orjson.loads(source.read())
    result = judge(unpacked(question["files"]), datetime.fromisoformat(question["now"]))
    answer = orjson.dumps({"program": program_version(), "mistakes": result.mistakes})
    with open(1, "wb") as target:
        target.write(answer)
