"""Leads leave a queue by themselves: pushed in time, given once somebody is eligible, or owned already."""

from __future__ import annotations

from pathlib import Path

from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.queues.tend import tend_queues
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, owner_of, queued, route_all
from tests.world.rule_folders import with_rep_line
from tests.world.time import Clock


def test_what_nobody_claims_in_time_is_pushed_by_fair_share(
    pull: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids = queued(pull, sandbox, 4)
    early = tend_queues(pull)
    route_all(pull)
    clock.forward(29 * 60)
    still = tend_queues(pull)
    clock.forward(2 * 60)

    late = tend_queues(pull)
    route_all(pull)

    owners = [owner_of(sandbox, one) for one in ids]
    fields, _ = pull.store.commits.read_book()
    assert (early.reopened, still.reopened, late.reopened) == (0, 0, 4)
    assert sorted(owners) == sorted([OWNERS["camille"]] * 2 + [OWNERS["hugo"], OWNERS["lea"]])
    assert "nobody claimed it in time" in sandbox.contact(ids[0])["properties"]["lead_router_reason"]
    assert sum(value for name, value in fields.items() if name.startswith("credit:idf:")) == 0
    assert pull.store.queues.waiting("idf") == ()
    assert tend_queues(pull).looked_at == 0


def test_a_lead_that_found_nobody_goes_out_as_soon_as_somebody_is_eligible(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    with_rep_line(services, rules, "camille: {", "camille: {max_open_leads: 1, ")
    with_rep_line(services, rules, "idf: [camille, hugo, lea]", "idf: [camille]")
    first, second = queued(services, sandbox, 2)
    waiting = next(one for one in (first, second) if not owner_of(sandbox, one))
    nobody = tend_queues(services)
    calls = sandbox.calls()["total"]
    clock.forward(6)
    still_nobody = tend_queues(services)
    asked = sandbox.calls()["total"] - calls
    services.store.commits.set_counts({"open:camille": 0})
    clock.forward(6)

    somebody = tend_queues(services)
    route_all(services)

    assert (nobody.reopened, still_nobody.reopened, somebody.reopened) == (0, 0, 1)
    assert asked == 0
    assert owner_of(sandbox, waiting) == OWNERS["camille"]


def test_a_lead_owned_in_hubspot_leaves_the_queue(
    pull: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    owned, deleted, free = queued(pull, sandbox, 3)
    tend_queues(pull)
    sandbox.edit_by_hand(owned, owner=OWNERS["nadia"])
    sandbox.delete(deleted)
    clock.forward(181)

    found = tend_queues(pull)

    states = pull.store.leads.recall([owned, deleted, free])
    assert found.owned == 1
    assert [states[one].state for one in (owned, deleted, free)] == [State.HUMAN, State.QUEUED, State.QUEUED]

    for seconds in (0, 3, 9, 60):
        clock.forward(seconds)
        verify_owners(pull)

    assert pull.store.leads.recall([deleted])[deleted].state is State.GONE
    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [free]


def test_a_claim_beats_a_push_that_is_under_way(pull: Services, sandbox: SandboxClient, clock: Clock) -> None:
    (contact_id,) = queued(pull, sandbox)
    clock.forward(31 * 60)
    tend_queues(pull)

    answer = claim_lead(pull, contact_id, rep="lea")
    route_all(pull)

    assert answer.is_yes
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]
    assert len({write["owner"] for write in sandbox.writes() if write["owner"]}) == 1


def test_a_push_passes_over_whoever_gave_the_lead_back(
    pull: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="camille")
    route_all(pull)
    release_lead(pull, contact_id, rep="camille", why="wrong region")
    route_all(pull)
    clock.forward(31 * 60)

    tend_queues(pull)
    route_all(pull)

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_a_lead_given_back_goes_on_to_the_next_rep_where_the_rule_has_no_queue(
    services: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = queued(services, sandbox)
    release_lead(services, contact_id, rep="camille", why="a cousin of mine")
    route_all(services)

    tend_queues(services)
    route_all(services)

    fields, _ = services.store.commits.read_book()
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]
    assert sum(value for name, value in fields.items() if name.startswith("credit:idf:")) == 0
