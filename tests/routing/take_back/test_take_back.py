"""What a wrong revision gave away comes back, and nothing that a person has touched is moved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from router.policy.decision.trigger import ToOwner
from router.routing.followup.reassign import Reassignment, reassign
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.take_back.plan import Plan, carry_out, plan_reroute, plan_undo
from router.routing.take_back.take_back_context import CannotTakeBack
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, credits_of, owner_of, queued, route_all
from tests.world.rule_folders import RIGHT, WRONG, with_rules
from tests.world.time import Time

PULLING = RIGHT.replace("{team: idf}", "{team: idf, method: queue}")


def live(services: Services, rules: Path, routing: str) -> str:
    """These rules go live; their revision."""
    with_rules(services, rules, routing)
    policy = services.rules.policy()
    return policy.revision


def settle(services: Services, time: Time) -> None:
    route_all(services)
    time.pass_by(seconds=4)
    while verify_owners(services).looked_at:
        pass
    record_outbox(services)


def a_wrong_hour(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path, count: int
) -> tuple[str, list[str]]:
    """Right rules, then wrong ones that decide so many leads, then the right ones again."""
    live(services, rules, RIGHT)
    queued(services, sandbox, 3)
    wrong = live(services, rules, WRONG)
    ids = queued(services, sandbox, count)
    settle(services, time)
    time.pass_by(hours=1)
    live(services, rules, RIGHT)
    return wrong, ids


def move(services: Services, time: Time, plan: Plan) -> None:
    carry_out(services, plan)
    settle(services, time)


def test_undo_gives_untouched_leads_to_whom_the_live_rules_give_them(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong, ids = a_wrong_hour(services, sandbox, time, rules, 8)

    plan = plan_undo(services, wrong[:6])
    unchanged = {owner_of(sandbox, one) for one in ids}
    move(services, time, plan)

    assert unchanged == {OWNERS["marc"]}
    assert [step.wanted.contact_id for step in plan.steps] == ids
    assert plan.stay == {}
    went = [owner_of(sandbox, one) for one in ids]
    assert went == [OWNERS[step.goes_to] for step in plan.steps]  # the plan is what happened
    assert set(went) <= {OWNERS["camille"], OWNERS["hugo"], OWNERS["lea"]}
    assert sum(credits_of(services).values()) == 0
    assert all(-(10**9) < credit < 10**9 for credit in credits_of(services).values())
    assert (
        f"reassigned from marc because revision {wrong} was undone"
        in (sandbox.contact(ids[0])["properties"]["lead_router_reason"])
    )
    (asked,) = [one for one in services.ledger.events_of(ids[0]) if one.kind == "reassigning"]
    assert (asked.detail["run"], asked.detail["from"]) == (plan.run, OWNERS["marc"])


def test_undo_again_finds_nothing_and_half_a_run_can_be_finished(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong, ids = a_wrong_hour(services, sandbox, time, rules, 6)
    plan = plan_undo(services, wrong)
    reassign(services, [step.wanted for step in plan.steps[:2]], run=plan.run)  # and then it was killed

    rest = plan_undo(services, wrong)
    carry_out(services, plan)
    move(services, time, rest)
    again = plan_undo(services, wrong)

    assert [step.wanted.contact_id for step in rest.steps] == ids[2:]
    assert (again.steps, again.stay) == ((), {})
    assert all(len(services.ledger.decisions_of(one)) == 2 for one in ids)


def test_undo_leaves_what_a_person_has_touched(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong, ids = a_wrong_hour(services, sandbox, time, rules, 7)
    chosen, confirmed, called, noted, status, deleted, free = ids
    sandbox.edit_by_hand(chosen, owner=OWNERS["claire"])
    sandbox.edit_by_hand(confirmed, owner="")
    sandbox.edit_by_hand(confirmed, owner=OWNERS["marc"])
    sandbox.edit_by_hand(called, properties={"notes_last_contacted": time.clock().isoformat()})
    sandbox.edit_by_hand(noted, properties={"notes_last_updated": time.clock().isoformat()})
    sandbox.edit_by_hand(status, status="IN_PROGRESS")
    sandbox.delete(deleted)

    plan = plan_undo(services, wrong)
    move(services, time, plan)

    assert [step.wanted.contact_id for step in plan.steps] == [free]
    assert plan.stay == {
        chosen: "a person chose its owner",
        confirmed: "a person confirmed its owner",
        called: "work on it has begun",
        noted: "work on it has begun",
        status: "work on it has begun",
        deleted: "it was deleted in HubSpot",
    }
    assert owner_of(sandbox, chosen) == OWNERS["claire"]
    assert owner_of(sandbox, called) == OWNERS["marc"]


def test_a_person_who_is_faster_than_the_undo_wins(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong, (contact_id,) = a_wrong_hour(services, sandbox, time, rules, 1)
    plan = plan_undo(services, wrong)

    carry_out(services, plan)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    settle(services, time)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert services.store.leads.recall([contact_id])[contact_id].state is State.HUMAN
    assert "not_reassigned" in [one.kind for one in services.ledger.events_of(contact_id)]


def test_undo_gives_a_lead_back_to_the_owner_before(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    live(services, rules, RIGHT)
    back, gone = queued(services, sandbox, 2)
    settle(services, time)
    before = {one: owner_of(sandbox, one) for one in (back, gone)}
    wrong = live(services, rules, WRONG)
    wanted = [
        Reassignment(one, 0, owner, "it was overdue", excluded=frozenset({owner}))
        for one, owner in before.items()
    ]
    reassign(services, wanted, run="night")
    settle(services, time)
    assert {owner_of(sandbox, one) for one in before} == {OWNERS["marc"]}
    sandbox.archive_owner(before[gone])
    live(services, rules, RIGHT)

    plan = plan_undo(services, wrong)
    move(services, time, plan)

    assert [step.wanted.to for step in plan.steps] == [ToOwner(before[back]), None]
    assert owner_of(sandbox, back) == before[back]
    assert owner_of(sandbox, gone) not in (before[gone], OWNERS["marc"], "")


def test_a_live_an_unknown_and_an_unclear_revision_are_refused(
    services: Services, sandbox: SandboxClient, rules: Path
) -> None:
    revision = live(services, rules, RIGHT)

    with pytest.raises(CannotTakeBack, match="is live"):
        plan_undo(services, revision)
    with pytest.raises(CannotTakeBack, match="router revisions"):
        plan_undo(services, "zzz")
    with pytest.raises(CannotTakeBack, match="one more digit"):
        plan_undo(services, "")


def test_nothing_is_planned_in_shadow_mode(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong, _ = a_wrong_hour(services, sandbox, time, rules, 1)
    live(services, rules, "mode: shadow" + RIGHT)

    with pytest.raises(CannotTakeBack, match="shadow"):
        plan_undo(services, wrong)


def test_a_company_that_sticks_to_the_wrong_rep_is_let_go(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    sticky = RIGHT.replace("{team: idf}", "{team: idf, sticky: company}")
    live(services, rules, sticky)
    wrong = live(
        services, rules, sticky.replace("{country: $etranger}", "{email: known}").replace("marc", "hugo")
    )
    (contact_id,) = queued(services, sandbox, 1)
    settle(services, time)
    before = owner_of(sandbox, contact_id)
    live(services, rules, sticky)

    plan = plan_undo(services, wrong)
    move(services, time, plan)

    assert before == OWNERS["hugo"]
    assert owner_of(sandbox, contact_id) in {OWNERS["camille"], OWNERS["lea"]}


def test_a_lead_that_its_rep_claimed_stays_with_them(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong = live(services, rules, PULLING)
    (contact_id,) = queued(services, sandbox, 1)
    assert claim_lead(services, contact_id, rep="hugo").is_yes
    settle(services, time)
    live(services, rules, RIGHT)

    plan = plan_undo(services, wrong)

    assert (plan.steps, plan.stay) == ((), {contact_id: "its rep claimed it"})


def test_reroute_moves_only_what_the_live_rules_send_elsewhere(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    live(services, rules, RIGHT)
    ids = queued(services, sandbox, 4)
    settle(services, time)
    since = time.clock() - timedelta(hours=1)
    same = plan_reroute(services, "otherwise", since=since)
    live(services, rules, PULLING)

    plan = plan_reroute(services, "otherwise", since=since)
    move(services, time, plan)
    again = plan_reroute(services, "otherwise", since=since)

    assert (same.steps, set(same.stay.values())) == ((), {"the live rules leave it there"})
    assert {step.goes_to for step in plan.steps} == {"queue idf"}
    assert [owner_of(sandbox, one) for one in ids] == [""] * 4
    assert sorted(one.contact_id for one in services.store.queues.waiting("idf")) == sorted(ids)
    assert (again.steps, set(again.stay.values())) == ((), {"the live rules leave it there"})


def test_reroute_gives_queued_leads_to_a_rep_and_knows_only_its_rule_and_time(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    live(services, rules, PULLING)
    ids = queued(services, sandbox, 2)
    settle(services, time)
    live(services, rules, RIGHT)

    other_rule = plan_reroute(services, "Marc", since=time.clock() - timedelta(hours=1))
    too_old = plan_reroute(services, "otherwise", since=time.clock())
    move(services, time, plan_reroute(services, "otherwise", since=time.clock() - timedelta(hours=1)))

    assert (other_rule.steps, too_old.steps) == ((), ())
    assert all(owner_of(sandbox, one) for one in ids)
    assert services.store.queues.waiting("idf") == ()
