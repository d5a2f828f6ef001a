"""The deadlines of a lead keep their order, at full length and at a tenth."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASK = (
    "from router import deadlines as d; "
    "assert d.CALL < d.LEASE < d.DOUBT < d.CLAIM_HELD_FOR; "
    "assert d.VERIFY_AFTER < d.LOOK_EVERY < d.DOUBT; "
    "assert list(d.MISSING_LOOKS) == sorted(d.MISSING_LOOKS); "
    "print(d.LEASE.total_seconds())"
)


def ask(scale: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LEAD_ROUTER_DEADLINES": scale}
    return subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("scale", "lease_s"), [("", 30.0), ("1", 30.0), ("0.1", 3.0)])
def test_deadlines_shrink_together(scale: str, lease_s: float) -> None:
    answer = ask(scale)

    assert answer.returncode == 0, answer.stderr
    assert float(answer.stdout) == lease_s


@pytest.mark.parametrize("scale", ["0", "-1", "2", "a lot", "nan"])
def test_a_scale_that_makes_no_sense_is_refused_in_a_sentence(scale: str) -> None:
    answer = ask(scale)

    assert answer.returncode == 1
    assert answer.stderr.startswith(f"LEAD_ROUTER_DEADLINES is {scale}")
    assert "Traceback" not in answer.stderr
