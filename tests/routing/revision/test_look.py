"""A fact that comes after the decision moves the lead to whom it should have gone, while nobody has begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.routing.portal.services import Services
from router.routing.revision.look import look_at_changes
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from router.store.leads.revisable import Revisable
from tests.world.leads import OWNERS, announce, credits_of, owner_of, route_all
from tests.world.revisions import decided, kinds_of, revised, state_of, tell, trigger_of, verified
from tests.world.rule_folders import RIGHT, SETTLING, with_rules
from tests.world.time import Time


@pytest.fixture
def settling(services: Services, rules: Path) -> Services:
    return with_rules(services, rules, SETTLING)


def kept_of(services: Services, contact_id: str) -> Revisable:
    kept = state_of(services, contact_id).revisable
    assert kept is not None
    return kept


def test_what_a_revision_compares_with_is_kept_of_a_new_decision(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)

    state, kept = state_of(settling, contact_id), kept_of(settling, contact_id)
    assert (kept.rule, kept.team, kept.outcome, kept.moves) == ("otherwise", "idf", "assigned", 0)
    assert kept.open_facts == ("country",)
    assert state.revise_until_ms == kept.since_ms + 15 * 60_000
    assert sum(change for name, change in kept.paid.items() if name.startswith("credit:")) == 0


def test_nothing_is_kept_while_leads_do_not_settle(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, RIGHT)
    (contact_id,) = decided(services, sandbox, time)

    state = state_of(services, contact_id)
    assert (state.revisable, state.revise_until_ms) == (None, 0)
    assert services.store.revise.length() == 0


def test_a_country_that_comes_late_moves_the_lead_and_its_share_comes_back(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    first = owner_of(sandbox, contact_id)
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    tell(settling, contact_id)

    looked = revised(settling, time)

    assert (looked.changed, looked.revising) == (1, 1)
    assert (first, owner_of(sandbox, contact_id)) == (OWNERS["camille"], OWNERS["marc"])
    assert set(credits_of(settling).values()) == {0}
    assert kinds_of(settling, contact_id) == ["written", "revising", "written"]
    trigger = trigger_of(settling, contact_id)
    assert (trigger.owner_id, trigger.rep, trigger.facts, trigger.told) == (
        OWNERS["camille"],
        "camille",
        ("country",),
        False,
    )
    kept = kept_of(settling, contact_id)
    assert (kept.moves, kept.rule, state_of(settling, contact_id).state) == (1, "Marc", State.DONE)
    fields, _ = settling.store.commits.read_book()
    assert {name: value for name, value in fields.items() if name.startswith("open:") and value} == {
        "open:marc": 1
    }


def test_a_fact_that_changes_nothing_costs_one_read(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time, country="France")
    before = sandbox.calls()["total"]
    tell(settling, contact_id)

    looked = revised(settling, time)

    assert (looked.looked_at, looked.changed) == (1, 0)
    assert sandbox.calls()["total"] == before + 1
    assert not settling.store.revise.is_due(now_ms=settling.now_ms())


def test_the_same_fact_is_not_compared_twice(settling: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"country": "France"})
    tell(settling, contact_id)
    first = revised(settling, time)
    tell(settling, contact_id)

    again = revised(settling, time)

    assert (first.changed, first.revising, again.changed) == (1, 0, 0)
    assert len(settling.ledger.decisions_of(contact_id)) == 1


def test_a_change_while_the_lead_is_on_its_way_is_not_lost(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = sandbox.create_exactly([{"email": "a@acier.fr", "country": "France"}])
    announce(settling, contact_id)
    route_all(settling)  # written, and not verified yet
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    tell(settling, contact_id)

    looked = revised(settling, time)
    then = revised(settling, time)

    assert (looked.looked_at, looked.revising, then.revising) == (1, 0, 1)
    assert owner_of(sandbox, contact_id) == OWNERS["marc"]


def test_a_change_that_no_webhook_tells_is_seen_when_the_owner_is_verified(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = sandbox.create_exactly([{"email": "a@acier.fr", "country": "France"}])
    announce(settling, contact_id)
    route_all(settling)
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    before = sandbox.calls()["total"]
    verified(settling, time)

    assert sandbox.calls()["total"] == before + 1
    assert revised(settling, time).revising == 1
    assert owner_of(sandbox, contact_id) == OWNERS["marc"]


def test_a_person_who_takes_the_lead_meanwhile_keeps_it(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    tell(settling, contact_id)
    look_at_changes(settling)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    verified(settling, time)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert kinds_of(settling, contact_id)[-1] == "not_reassigned"
    assert state_of(settling, contact_id).revisable is None


@pytest.mark.parametrize("what", ["owner", "call", "status"])
def test_a_lead_that_somebody_has_begun_stays(
    settling: Services, sandbox: SandboxClient, time: Time, what: str
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    match what:
        case "owner":
            sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
        case "call":
            sandbox.log_activity(contact_id, "call")
        case _:
            sandbox.edit_by_hand(contact_id, status="IN_PROGRESS")
    tell(settling, contact_id)
    owner = owner_of(sandbox, contact_id)

    looked = revised(settling, time)

    assert looked.revising == 0
    assert owner_of(sandbox, contact_id) == owner
    assert len(settling.ledger.decisions_of(contact_id)) == 1
    if what != "owner":
        assert kinds_of(settling, contact_id)[-1] == "not_revised"


def test_after_a_quarter_of_an_hour_nothing_is_revised(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    settling.store.revise.look_again([contact_id], at_ms=settling.now_ms())
    time.pass_by(minutes=15)

    assert revised(settling, time).revising == 0
    assert settling.store.revise.length() == 0
    state = state_of(settling, contact_id)
    assert (state.revisable, state.revise_until_ms) == (None, 0)


def test_a_lead_moves_twice_at_most(settling: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    went = []
    for country in ("Allemagne", "France", "Allemagne"):
        sandbox.edit_by_hand(contact_id, properties={"country": country})
        tell(settling, contact_id)
        revised(settling, time)
        went.append(owner_of(sandbox, contact_id))

    assert went[0] == OWNERS["marc"]
    assert went[1] != OWNERS["marc"]
    assert went[2] == went[1]
    assert kinds_of(settling, contact_id)[-1] == "not_revised"
    assert sum(credits_of(settling).values()) == 0


def test_a_lead_with_open_facts_is_looked_at_after_one_and_five_minutes_and_a_last_time_in_the_end(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    since = kept_of(settling, contact_id).since_ms

    due = []
    for _ in range(3):
        ((_, at_ms),) = settling.store.revise.due(now_ms=settling.now_ms() + 10**6, limit=9).items()
        due.append(at_ms - since)
        time.pass_by(seconds=(at_ms - settling.now_ms()) / 1000 + 1)
        assert revised(settling, time).looked_at == 1

    assert due == [60_000, 300_000, 900_000]
    assert settling.store.revise.length() == 0


def test_shadow_mode_revises_in_the_ledger_alone(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, f"mode: shadow\n{SETTLING}")
    (contact_id,) = decided(services, sandbox, time)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"], properties={"country": "Allemagne"})
    tell(services, contact_id)

    looked = revised(services, time)

    assert looked.revising == 1
    assert sandbox.writes() == []
    assert [one["outcome"]["rep"] for one in services.ledger.decisions_of(contact_id)] == ["camille", "marc"]
    assert set(credits_of(services).values()) == {0}
    assert state_of(services, contact_id).state is State.SHADOW
