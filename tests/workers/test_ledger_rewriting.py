"""An upgraded ledger's old rows are rewritten by housekeeping, beside all else."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog

from router.bootstrap import ProcessContext
from router.settings import Settings
from router.wakeups import Job
from tests.world.old_ledgers import load
from tests.world.time import Clock
from workers import jobs, process
from workers.schedule import REWRITE_EVERY, Schedule


@pytest.fixture
def old_ledger(settings: Settings) -> None:
    """What an earlier version left behind, before the services open it."""
    Path(settings.var_dir).mkdir(exist_ok=True)
    load(settings.ledger_url.get_secret_value())


def test_old_rows_are_rewritten_in_the_background_until_none_is_left(
    old_ledger: None, context: ProcessContext, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process._process.contexts, context.services.portal, context)
    schedule = Schedule(context)
    before = schedule.look()

    with structlog.testing.capture_logs() as log:
        done = jobs.upgrade_ledger(context.services.portal)
    clock.forward(REWRITE_EVERY.total_seconds())
    after = schedule.look()

    assert Job.UPGRADE_LEDGER in before
    assert Job.UPGRADE_LEDGER not in after
    assert done == 103
    (line,) = [one for one in log if one["event"] == "ledger.rows_rewritten"]
    assert (line["name"], line["rows"], line["more"]) == ("book_changes", 103, False)
