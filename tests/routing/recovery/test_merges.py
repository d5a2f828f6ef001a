"""Merged contacts: one lead goes on under the id that is left, and the others end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from router.cli.leads.lead_history import LeadHistory, lead_history_of
from router.hubspot.api.records import ReadAnswer
from router.policy.shares.share_book import Book
from router.routing.followup.follow import follow_changes, follow_up_step
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.recovery.erase import erase_contacts
from router.routing.recovery.merges import settle_merges
from router.routing.recovery.reconcile import reconcile_contacts
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, credits_of, done, owner_of, queued, route_all
from tests.world.rule_folders import RIGHT, with_rules
from tests.world.time import Time


def told(services: Services, *old_ids: str) -> None:
    """What the receiver does with the event of a merge, and housekeeping afterwards."""
    services.store.inbox.note_merged(old_ids, now_ms=services.now_ms())
    settle(services)


def settle(services: Services) -> None:
    follow_changes(services)
    settle_merges(services)
    route_all(services)
    verify_owners(services)


def state_of(services: Services, contact_id: str) -> tuple[State, str]:
    state = services.store.leads.recall([contact_id])[contact_id]
    return state.state, state.owner_id


def history_of(services: Services, contact_id: str) -> LeadHistory:
    found = lead_history_of(services, contact_id)
    assert found is not None
    return found


def decisions(services: Services, *contact_ids: str) -> int:
    record_outbox(services)
    return sum(len(services.ledger.decisions_of(one)) for one in contact_ids)


def open_leads(services: Services) -> dict[str, int]:
    book = Book(services.store.commits.read_book()[0])
    return {rep: book.open_leads(rep) for rep in ("camille", "hugo", "lea")}


def two_leads(services: Services, sandbox: SandboxClient, time: Time) -> tuple[str, str]:
    """One of camille's, and a later one of hugo's."""
    first, second = done(services, sandbox, time, 2)
    owners = [owner_of(sandbox, one) for one in (first, second)]
    assert owners == [OWNERS["camille"], OWNERS["hugo"]]
    return first, second


def test_the_lead_of_the_survivors_rep_goes_on_under_the_new_id(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    new = sandbox.merge(second, into=first)

    told(services, first, second)

    assert state_of(services, new) == (State.DONE, OWNERS["camille"])
    assert [state_of(services, one)[0] for one in (first, second)] == [State.GONE, State.GONE]
    assert owner_of(sandbox, new) == OWNERS["camille"]
    assert open_leads(services) == {"camille": 1, "hugo": 0, "lea": 0}
    assert decisions(services, first, second, new) == 2
    assert not services.store.inbox.has_work()
    follow_up = services.ledger.follow_ups.of_contact(new)
    assert [(one.rep, one.ended_at) for one in follow_up] == [("camille", None)]


def test_the_rep_who_lost_a_lead_that_nobody_had_begun_pays_nothing(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (first,) = done(services, sandbox, time)
    paid = credits_of(services)
    (second,) = done(services, sandbox, time)
    sandbox.merge(second, into=first)

    told(services, first, second)

    assert credits_of(services) == paid
    assert services.store.notices.is_due(now_ms=2**52) is False


def test_the_rep_who_had_begun_has_had_the_lead(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    paid = credits_of(services)
    time.pass_by(seconds=60)
    sandbox.log_activity(second, "call")
    services.store.inbox.append([], changed=[(second, services.now_ms())])
    follow_changes(services)
    sandbox.merge(second, into=first)

    told(services, first, second)

    assert credits_of(services) == paid
    assert open_leads(services)["hugo"] == 0


def test_the_survivors_owner_stands_and_its_rep_keeps_the_lead(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    new = sandbox.merge(first, into=second)

    told(services, first, second)

    assert owner_of(sandbox, new) == OWNERS["hugo"]
    assert state_of(services, new) == (State.DONE, OWNERS["hugo"])


@pytest.mark.parametrize("by", ["first", "second", "new"])
def test_every_id_tells_the_whole_story(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, by: str
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    new = sandbox.merge(second, into=first)
    told(services, first, second)

    found = history_of(services, {"first": first, "second": second, "new": new}[by])

    assert len(found.decisions) == 2
    assert {found.contact_id, *found.merged_with} == {first, second, new}
    assert found.state is not None
    assert found.state.contact_id == new
    assert "its contact was merged into another one" in " ".join(line.what for line in found.history())


def test_told_twice_early_and_late_it_is_settled_once(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    told(services, first, second)  # HubSpot's event comes before a read shows it
    assert state_of(services, first) == (State.DONE, OWNERS["camille"])
    new = sandbox.merge(second, into=first)
    time.pass_by(seconds=61)
    settle(services)
    before = credits_of(services)

    for _ in range(2):
        told(services, first, second)
        announce(services, first, second, new)
        route_all(services)

    assert credits_of(services) == before
    assert state_of(services, new) == (State.DONE, OWNERS["camille"])
    assert decisions(services, first, second, new) == 2
    assert len(history_of(services, new).decisions) == 2


def test_one_of_ours_and_one_of_nobody(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    (ours,) = done(services, sandbox, time)
    (foreign,) = sandbox.create_exactly([a_hot_contact(hubspot_owner_id=OWNERS["nadia"])], announce=False)
    new = sandbox.merge(ours, into=foreign)

    told(services, ours)

    assert state_of(services, new) == (State.HUMAN, OWNERS["nadia"])
    assert set(credits_of(services).values()) == {0}
    assert len(history_of(services, new).decisions) == 1


def test_a_survivor_that_keeps_its_id_keeps_its_own_lead(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(services, rules, RIGHT)
    (first,) = done(services, sandbox, time)
    paid = credits_of(services)
    (second,) = done(services, sandbox, time)
    read = services.hubspot.read_contacts

    def as_merged_into_the_first(ids: Sequence[str], *arguments: Any, **how: Any) -> ReadAnswer:
        answer = read([first if one == second else one for one in ids], *arguments, **how)
        merged = replace(answer.records[first], id=second, merged_into=first)
        return ReadAnswer({**answer.records, second: merged}, answer.missing)

    monkeypatch.setattr(services.hubspot, "read_contacts", as_merged_into_the_first)
    told(services, second)

    assert state_of(services, first) == (State.DONE, OWNERS["camille"])
    assert state_of(services, second)[0] is State.GONE
    assert credits_of(services) == paid
    for one in (first, second):
        assert len(history_of(services, one).decisions) == 2


def test_a_waiting_lead_waits_on_under_the_new_id(pull: Services, sandbox: SandboxClient, time: Time) -> None:
    first, second = queued(pull, sandbox, 2)
    new = sandbox.merge(second, into=first)

    told(pull, first, second)

    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [new]
    assert claim_lead(pull, new, rep="lea").is_yes
    route_all(pull)
    assert owner_of(sandbox, new) == OWNERS["lea"]


def test_a_new_contact_into_which_a_waiting_lead_was_merged_is_not_decided_again(
    pull: Services, sandbox: SandboxClient, time: Time
) -> None:
    (waiting,) = queued(pull, sandbox)
    (fresh,) = sandbox.create_exactly([a_hot_contact(email="b@acier.fr")], announce=False)
    new = sandbox.merge(fresh, into=waiting)
    announce(pull, new, fresh)

    route_all(pull)
    settle(pull)

    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [new]
    assert decisions(pull, waiting, fresh, new) == 1


def test_merged_while_it_is_written_it_is_decided_under_the_new_id(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    one, other = sandbox.create_exactly([a_hot_contact(), a_hot_contact(email="b@acier.fr")], announce=False)
    announce(services, one, other)
    read = services.hubspot.read_contacts
    merged: list[str] = []

    def merge_after_the_read(*arguments: object, **how: object) -> object:
        answer = read(*arguments, **how)  # type: ignore[arg-type]
        if not merged:
            merged.append(sandbox.merge(other, into=one))
        return answer

    services.hubspot.read_contacts = merge_after_the_read  # type: ignore[method-assign,assignment]
    route_all(services)
    settle(services)

    (new,) = merged
    assert owner_of(sandbox, new)
    assert state_of(services, new)[0] is State.WRITTEN
    assert sum(open_leads(services).values()) == 1


def test_a_merge_of_merged_contacts(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    (third,) = done(services, sandbox, time)
    middle = sandbox.merge(second, into=first)
    told(services, first, second)
    last = sandbox.merge(third, into=middle)

    told(services, middle, third)

    assert state_of(services, last) == (State.DONE, OWNERS["camille"])
    for one in (first, second, third, middle, last):
        assert len(history_of(services, one).decisions) == 3
    assert open_leads(services)["lea"] == 0


def test_two_merges_that_are_seen_together(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    (third,) = done(services, sandbox, time)
    middle = sandbox.merge(second, into=first)
    last = sandbox.merge(third, into=middle)

    told(services, first, second, third)

    assert state_of(services, last) == (State.DONE, OWNERS["camille"])
    assert len(history_of(services, second).decisions) == 3


def test_a_killed_settling_goes_on(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    paid = credits_of(services)
    new = sandbox.merge(second, into=first)
    services.store.inbox.note_merged((first, second), now_ms=services.now_ms())
    for call in ("ledger.merges.note", "store.restoration.remember", "store.merged.looked_at"):
        place, _, method = call.rpartition(".")
        holder = services
        for part in place.split("."):
            holder = getattr(holder, part)
        with monkeypatch.context() as broken, pytest.raises(SystemExit):
            broken.setattr(type(holder), method, _dies)
            settle_merges(services)

    settle(services)

    assert state_of(services, new) == (State.DONE, OWNERS["camille"])
    assert len(history_of(services, new).decisions) == 2
    assert credits_of(services) != paid


def test_erasing_the_survivor_erases_every_id(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = two_leads(services, sandbox, time)
    new = sandbox.merge(second, into=first)
    told(services, first, second)
    services.store.erasures.ask(new)

    for _ in range(2):
        erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)

    assert services.store.leads.recall([first, second, new]) == {}
    for one in (first, second, new):
        assert services.ledger.decisions_of(one) == ()
        assert services.ledger.events_of(one) == ()


def test_the_search_does_not_find_the_survivor_again(
    pull: Services, sandbox: SandboxClient, time: Time
) -> None:
    first, second = queued(pull, sandbox, 2)
    sandbox.merge(second, into=first)
    told(pull, first, second)
    before = decisions(pull, first, second)
    step = reconcile_contacts(
        hubspot=pull.hubspot, store=pull.store, clock=pull.clock, since=pull.clock().replace(year=2020)
    )
    route_all(pull)

    assert step.found == 0
    assert decisions(pull, first, second) == before


def test_a_merge_that_no_event_told_is_found_where_an_old_id_is_read(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    with_rules(services, rules, RIGHT)
    first, second = queued(services, sandbox, 2)
    new = sandbox.merge(second, into=first)
    time.pass_by(seconds=4)
    verify_owners(services)

    follow_up_step(services, before=services.clock())
    settle(services)

    assert state_of(services, new) == (State.DONE, OWNERS["camille"])


def _dies(*_: object, **__: object) -> None:
    raise SystemExit(1)
