"""Judging of rule files: one process does, and all others of its version take the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeAlias

import redis

from router.routing.portal.rules_gate import GateResult, judge
from router.routing.portal.verdict_key import program_version, verdict_key
from router.rulefiles.load import load_files
from router.store.shared.rule_verdicts import RuleVerdicts

LOOK_S: Final = 0.1
"""Seconds between two looks for the verdict of another process."""
PATIENCE_S: Final = 60.0
"""Longest wait for another process in seconds; one that judges for longer hangs."""

Judging: TypeAlias = Callable[[Mapping[str, bytes], datetime], GateResult]
"""A way to judge rule files at a moment: in this process, or in one of its own."""


class RulesJudging:
    """Judges rule files once for all processes of a portal that share a version of the program."""

    def __init__(self, verdicts: RuleVerdicts, *, by: Judging = judge, program: str | None = None) -> None:
        self._verdicts = verdicts
        self._judge = by
        self._program = program

    def judged(self, files: Mapping[str, bytes], *, now: datetime) -> GateResult:
        """The policy of the files, or their mistakes. Waits while another process judges the same files.

        Without Redis this process judges by itself. A process that dies is replaced after five seconds.
        """
        of = verdict_key(files, now=now, program=self._program or program_version())
        ends_at = time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < ends_at:
                found = self._published(of, files) or self._judged_first(of, files, now=now)
                if found is not None:
                    return found
                time.sleep(LOOK_S)
        except redis.RedisError:
            pass  # published verdicts save work, and nothing depends on them
        return _loaded(self._judge(files, now), files, now=now)

    def _published(self, of: str, files: Mapping[str, bytes]) -> GateResult | None:
        """The result of a published verdict; None if there is none, or if it cannot be true."""
        mistakes = self._verdicts.of(of)
        if mistakes is None:
            return None
        if mistakes:
            return GateResult(None, mistakes)
        policy = load_files(files).policy
        return None if policy is None else GateResult(policy)

    def _judged_first(self, of: str, files: Mapping[str, bytes], *, now: datetime) -> GateResult | None:
        """The result, published for the others; None while another process judges."""
        with self._verdicts.turn(of) as is_ours:
            if not is_ours:
                return None
            if (found := self._published(of, files)) is not None:
                return found  # published between the look and the turn
            result = self._judge(files, now)
            with suppress(redis.RedisError):  # without a verdict the others judge for themselves
                self._verdicts.publish(of, result.mistakes)
        return _loaded(result, files, now=now)


def _loaded(result: GateResult, files: Mapping[str, bytes], *, now: datetime) -> GateResult:
    """The result with the policy of good files, also if they were judged in another process."""
    if result.policy is not None or result.mistakes:
        return result
    policy = load_files(files).policy
    return judge(files, now) if policy is None else GateResult(policy)
