"""Many leads that move at once are held until a person agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.revision import brake
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, owner_of
from tests.world.revisions import decided, revised, tell
from tests.world.rule_folders import SETTLING, with_rules
from tests.world.time import Time


@pytest.fixture
def settling(services: Services, rules: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr(brake, "ALWAYS", 2)  # fifty leads would take a minute
    return with_rules(services, rules, SETTLING)


def abroad(services: Services, sandbox: SandboxClient, ids: list[str]) -> None:
    for one in ids:
        sandbox.edit_by_hand(one, properties={"country": "Allemagne"})
    tell(services, *ids)


def at_marc(sandbox: SandboxClient, ids: list[str]) -> int:
    return sum(owner_of(sandbox, one) == OWNERS["marc"] for one in ids)


def test_more_than_the_brake_allows_stay_until_a_person_agrees(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    ids = decided(settling, sandbox, time, 5)
    abroad(settling, sandbox, ids)

    looked = revised(settling, time)
    assert (looked.revising, looked.held, at_marc(sandbox, ids)) == (2, 3, 2)
    held = settling.store.revision_brake.held()
    assert held is not None
    assert (held.moves, held.limit) == (5, 2)
    time.pass_by(minutes=1)
    assert revised(settling, time).revising == 0

    settling.store.revision_brake.release()
    time.pass_by(minutes=1)
    assert revised(settling, time).revising == 3
    assert at_marc(sandbox, ids) == 5
    assert settling.store.revision_brake.held() is None


def test_moves_of_an_hour_ago_do_not_count(settling: Services, sandbox: SandboxClient, time: Time) -> None:
    first = decided(settling, sandbox, time, 2)
    abroad(settling, sandbox, first)
    revised(settling, time)
    time.pass_by(hours=1.1)
    more = decided(settling, sandbox, time, 2)
    abroad(settling, sandbox, more)

    assert revised(settling, time).revising == 2
    assert settling.store.revision_brake.moved_lately(now_ms=settling.now_ms()) == 2


def test_a_share_of_the_days_leads_may_move(
    settling: Services, sandbox: SandboxClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake, "SHARE", 1)
    ids = decided(settling, sandbox, time, 4)
    abroad(settling, sandbox, ids)
    record_outbox(settling)

    assert revised(settling, time).held == 0
    assert at_marc(sandbox, ids) == 4


def test_leads_that_nobody_has_are_not_held(
    settling: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    nowhere = "rules:\n  - name: Nowhere\n    when: {country: unknown}\n    do: nothing\n"
    with_rules(settling, rules, SETTLING.replace("rules:\n", nowhere))
    nobodys = decided(settling, sandbox, time, 4)
    abroad(settling, sandbox, nobodys)

    assert revised(settling, time).held == 0
    assert at_marc(sandbox, nobodys) == 4
    assert settling.store.revision_brake.moved_lately(now_ms=settling.now_ms()) == 0
