"""Leads of ours whose owner was cleared while no webhook told of it are found at night."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from router.routing.followup.follow import follow_changes
from router.routing.night.ownerless import find_ownerless
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, done, queued, route_all
from tests.world.rule_folders import RIGHT, with_rules
from tests.world.time import Time


def look(services: Services) -> int:
    found = 0
    step = find_ownerless(services, since=services.clock() - timedelta(days=1))
    found += step.found
    while step.after_id is not None:
        step = find_ownerless(services, since=services.clock() - timedelta(days=1), after_id=step.after_id)
        found += step.found
    follow_changes(services)
    route_all(services)
    return found


def test_a_cleared_lead_that_no_webhook_told_of_comes_into_the_queue(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    cleared, kept = done(services, sandbox, time, 2)
    sandbox.edit_by_hand(cleared, owner="")

    assert look(services) == 1

    states = services.store.leads.recall([cleared, kept])
    assert (states[cleared].state, states[kept].state) == (State.QUEUED, State.DONE)
    assert look(services) == 0


def test_what_was_recorded_in_shadow_mode_is_found_afterwards(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, f"{RIGHT}owner_cleared: leave\n")
    (cleared,) = done(services, sandbox, time)
    sandbox.edit_by_hand(cleared, owner="")
    services.store.inbox.append([], changed=[(cleared, services.now_ms())])
    follow_changes(services)
    assert services.store.leads.recall([cleared])[cleared].state is State.HUMAN
    with_rules(services, rules, RIGHT)

    assert look(services) == 1

    assert services.store.leads.recall([cleared])[cleared].state is State.QUEUED


def test_waiting_leads_and_those_given_to_nobody_are_not_looked_at(
    pull: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    (waiting,) = queued(pull, sandbox)
    with_rules(pull, rules, RIGHT.replace("assign: {rep: marc}", "do: nothing"))
    (left_alone,) = done(pull, sandbox, time, country="Allemagne")

    assert look(pull) == 0

    states = pull.store.leads.recall([waiting, left_alone])
    assert [states[one].state for one in (waiting, left_alone)] == [State.QUEUED, State.DONE]


def test_a_lead_that_has_an_owner_by_then_keeps_it(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (cleared,) = done(services, sandbox, time)
    sandbox.edit_by_hand(cleared, owner="")
    assert find_ownerless(services, since=services.clock() - timedelta(days=1)).found == 1
    sandbox.edit_by_hand(cleared, owner=OWNERS["nadia"])

    follow_changes(services)

    state = services.store.leads.recall([cleared])[cleared]
    assert (state.state, state.owner_id) == (State.HUMAN, OWNERS["nadia"])
