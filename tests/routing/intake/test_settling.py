"""New leads that wait for their facts, on real parts: in which order they are decided, and on what."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from router.deadlines import LEASE
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.inbox.inbox import GROUP
from router.store.leads.leads import State
from router.store.settling.settling_leads import SettlingLead
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, route_all
from tests.world.rule_folders import SMALL_SETTLING, set_mode, with_rules
from tests.world.time import Time


@pytest.fixture
def settling(services: Services, rules: Path) -> Services:
    return with_rules(services, rules, SMALL_SETTLING)


def touch(services: Services, contact_id: str, *names: str) -> bool:
    """What the receiver does when these properties changed; True if it would wake a worker."""
    facts = [(contact_id, name) for name in names]
    return services.store.inbox.append([], touched=facts, now_ms=services.now_ms())


def state_of(services: Services, contact_id: str) -> State:
    return services.store.leads.recall([contact_id])[contact_id].state


def an_address(sandbox: SandboxClient) -> str:
    """A contact of whom only the address is known."""
    (contact_id,) = sandbox.create_exactly([{"email": "a@acier.fr"}])
    return contact_id


def test_a_lead_of_whom_only_the_address_is_known_waits_and_leaves_the_stream(
    settling: Services, sandbox: SandboxClient
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)

    route_all(settling)

    state = settling.store.leads.recall([contact_id])[contact_id]
    assert state.state is State.WAITING
    assert state.waits_for == ("account_owner", "country", "jobtitle", "type_demande")
    assert not settling.store.inbox.has_work(now_ms=settling.now_ms())
    assert (settling.store.settling.length(), sandbox.writes()) == (1, [])
    assert settling.ledger.decisions_of(contact_id) == ()


def test_a_lead_is_decided_at_once_when_its_form_is_there(settling: Services, sandbox: SandboxClient) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    (company,) = sandbox.create_companies([{"name": "Acier", "hubspot_owner_id": OWNERS["nadia"]}])
    sandbox.edit_by_hand(contact_id, properties=a_hot_contact(associatedcompanyid=company))

    touch(settling, contact_id, "country", "jobtitle", "type_demande")
    woken = settling.store.inbox.has_work()
    route_all(settling)

    assert woken
    assert owner_of(sandbox, contact_id) == OWNERS["nadia"]
    assert settling.store.settling.length() == 0


def test_a_lead_that_stays_bare_is_decided_after_the_quiet(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)

    time.pass_by(seconds=5.5)
    route_all(settling)
    early = state_of(settling, contact_id)
    time.pass_by(seconds=1)
    route_all(settling)

    assert (early, state_of(settling, contact_id)) == (State.WAITING, State.DONE)


def test_a_lead_that_keeps_changing_is_decided_when_the_wait_is_over(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    seen = []
    for _ in range(5):
        time.pass_by(seconds=4)
        touch(settling, contact_id, "jobtitle")
        route_all(settling)
        seen.append(state_of(settling, contact_id))

    assert seen == [State.WAITING] * 4 + [State.DONE]


def test_a_certain_lead_does_not_wait(settling: Services, sandbox: SandboxClient) -> None:
    (support,) = sandbox.create_exactly([{"email": "a@acier.fr", "type_demande": "support"}])
    announce(settling, support)

    route_all(settling)

    assert state_of(settling, support) is State.DONE


def test_a_change_of_what_no_rule_reads_wakes_nobody(settling: Services, sandbox: SandboxClient) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)

    assert not touch(settling, contact_id, "phone", "city; country", "notes_last_updated")
    assert not touch(settling, "99", "country")
    assert settling.store.leads.recall(["99"]) == {}
    assert settling.store.settling.length() == 1


def test_a_change_between_the_reading_and_the_wait_brings_the_lead_back_at_once(
    settling: Services, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    touch(settling, contact_id, "country")
    (entry,) = settling.store.inbox.take("slow", now_ms=settling.now_ms())
    begin = settling.store.settling.wait

    def changed_meanwhile(*given: object, **named: object) -> object:
        touch(settling, contact_id, "jobtitle")
        return begin(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(type(settling.store.settling), "wait", lambda _, *g, **n: changed_meanwhile(*g, **n))
    route(settling, [entry], consumer="slow")

    assert settling.store.inbox.has_work(now_ms=settling.now_ms())


def test_a_worker_that_dies_before_the_wait_loses_no_lead(
    settling: Services, sandbox: SandboxClient, redis_client: redis.Redis, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    settling.store.inbox.take("dead", now_ms=settling.now_ms())
    inbox = settling.store.keys.inbox
    (claimed,) = redis_client.xpending_range(inbox, GROUP, "-", "+", 1)
    idle_ms = int(LEASE.total_seconds() * 1000) + 1
    redis_client.xclaim(inbox, GROUP, "dead", 0, [claimed["message_id"]], idle=idle_ms)

    route_all(settling)

    assert state_of(settling, contact_id) is State.WAITING


def test_a_person_who_takes_a_waiting_lead_keeps_it(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])

    time.pass_by(seconds=7)
    route_all(settling)

    state = settling.store.leads.recall([contact_id])[contact_id]
    assert (state.state, state.since_ms, state.waits_for) == (State.HUMAN, 0, ())
    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert settling.ledger.decisions_of(contact_id) == ()


def test_a_waiting_lead_that_is_announced_again_and_has_an_owner_waits_no_longer(
    settling: Services, sandbox: SandboxClient
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    announce(settling, contact_id)

    route_all(settling)

    assert state_of(settling, contact_id) is State.HUMAN
    assert settling.store.settling.length() == 0


def test_a_worker_that_was_asleep_lets_no_decided_lead_wait(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    (entry,) = settling.store.inbox.take("asleep")
    time.pass_by(seconds=21)
    announce(settling, contact_id)
    route_all(settling)
    late = SettlingLead(contact_id, settling.now_ms(), settling.now_ms(), 0, ("country",), (entry,))

    waits = settling.store.settling.wait([late], now_ms=settling.now_ms())

    assert waits == (False,)
    assert state_of(settling, contact_id) is State.DONE
    assert not settling.store.inbox.has_work(now_ms=settling.now_ms())


def test_a_waiting_lead_that_is_deleted_ends_quietly(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    sandbox.delete(contact_id)
    settling.store.inbox.append([], changed=[(contact_id, settling.now_ms())], deleted=[contact_id])

    time.pass_by(seconds=7)
    route_all(settling)

    assert state_of(settling, contact_id) is State.GONE
    assert settling.store.verify.length() == 0  # HubSpot has announced it: nobody looks for it
    assert not settling.store.settling.length()


def test_an_erased_waiting_lead_leaves_no_trace(
    settling: Services, sandbox: SandboxClient, redis_client: redis.Redis, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    settling.store.erasures.ask(contact_id)
    settling.store.erasures.erase(contact_id)

    time.pass_by(seconds=7)
    route_all(settling)

    assert settling.store.leads.recall([contact_id]) == {}
    assert redis_client.zscore(settling.store.keys.settling, contact_id) is None


def test_the_decision_says_how_long_it_waited_for_what(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    form = {"country": "France", "jobtitle": "Directeur", "type_demande": "demo"}
    sandbox.edit_by_hand(contact_id, properties=form)

    time.pass_by(seconds=7)
    route_all(settling)

    record_outbox(settling)
    (decision,) = settling.ledger.decisions_of(contact_id)
    settled = decision["inputs"]["settled"]
    assert settled["waited_for"] == ["account_owner", "country", "jobtitle", "type_demande"]
    assert settled["still_open"] == ["account_owner"]
    assert 7_000 <= settled["waited_ms"] < 60_000


def test_in_shadow_mode_a_lead_waits_too(
    settling: Services, sandbox: SandboxClient, rules: Path, time: Time
) -> None:
    set_mode(settling, rules, "shadow")
    contact_id = an_address(sandbox)
    announce(settling, contact_id)
    route_all(settling)
    waits = state_of(settling, contact_id)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])  # HubSpot's own rotation

    time.pass_by(seconds=7)
    route_all(settling)

    assert (waits, state_of(settling, contact_id)) == (State.WAITING, State.SHADOW)
    assert sandbox.writes() == []


def test_without_settle_nobody_waits(services: Services, sandbox: SandboxClient) -> None:
    contact_id = an_address(sandbox)
    announce(services, contact_id)

    route_all(services)

    assert state_of(services, contact_id) is State.DONE
    assert not touch(services, contact_id, "country")
