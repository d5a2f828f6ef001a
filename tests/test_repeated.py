"""A problem that comes again and again is one line a minute, with its number; another problem has its own."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from router.repeated import RepeatedProblems, RepeatsOfLibraries
from router.telemetry import set_up_logging


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def out() -> io.StringIO:
    out = io.StringIO()
    set_up_logging(stream=out)
    return out


def test_a_repeated_problem_is_one_line_a_minute_with_its_number(out: io.StringIO) -> None:
    seconds = Seconds()
    problems = RepeatedProblems(clock=seconds)

    for second in range(240):
        seconds.now = float(second)
        problems.say(structlog.get_logger(), "job.failed", problem="locked", why="database is locked")

    assert [line.get("times", 1) for line in _lines(out)] == [1, 60, 60, 60]


def test_each_problem_is_counted_by_itself(out: io.StringIO) -> None:
    problems = RepeatedProblems(clock=Seconds())

    for problem in ("locked", "full", "locked"):
        problems.say(structlog.get_logger(), "job.failed", problem=problem)
    problems.say(structlog.get_logger(), "tick.missed", problem="locked")

    assert [line["event"] for line in _lines(out)] == ["job.failed", "job.failed", "tick.missed"]


def test_a_flush_says_what_was_counted_once_the_minute_is_over(out: io.StringIO) -> None:
    seconds = Seconds()
    problems = RepeatedProblems(clock=seconds)
    for _ in range(5):
        problems.say(structlog.get_logger(), "redis.lost", why="refused")

    problems.flush()
    early = len(_lines(out))
    seconds.now = 61.0
    problems.flush()
    problems.flush()
    seconds.now = 130.0
    problems.flush()

    assert early == 1
    assert [line.get("times", 1) for line in _lines(out)] == [1, 4]


def test_a_traceback_comes_with_the_first_line_of_the_minute_only(out: io.StringIO) -> None:
    seconds = Seconds()
    problems = RepeatedProblems(clock=seconds)

    for second in (0.0, 1.0, 2.0):
        seconds.now = second
        problems.say(structlog.get_logger(), "job.crashed", exception=_raised(), level="error")
    seconds.now = 62.0
    problems.flush()

    assert out.getvalue().count("Traceback") == 1
    assert [line.get("times", 1) for line in _lines(out)] == [1, 2]


def test_the_problems_that_are_remembered_have_a_bound(out: io.StringIO) -> None:
    problems = RepeatedProblems(clock=Seconds())

    for number in range(3_000):
        problems.count("event", str(number))

    assert len(problems._problems) <= 1_000


def test_a_librarys_traceback_is_written_once_a_minute(out: io.StringIO) -> None:
    seconds = Seconds()
    logging.getLogger().handlers[0].filters[:] = [RepeatsOfLibraries(RepeatedProblems(clock=seconds))]
    library = logging.getLogger("rq.worker")

    for number in range(61):
        seconds.now = float(number)
        library.error("Job %s failed", number, exc_info=_raised())
    library.error("another problem")

    assert out.getvalue().count("Traceback") == 2
    assert [str(line["event"]) for line in _lines(out)] == [
        "Job 0 failed",
        "Job 60 failed (60 times)",
        "another problem",
    ]


def _raised() -> ValueError:
    try:
        raise ValueError("the ledger is locked")
    except ValueError as error:
        return error


def _lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]
