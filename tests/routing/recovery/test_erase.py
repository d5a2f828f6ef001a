"""Wherever a lead stands when its person asks to be forgotten, no trace of it stays; totals do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, select

from router.ledger.tables import METADATA
from router.policy.decision.trigger import PushedOut
from router.routing.followup.follow import follow_changes
from router.routing.followup.reassign import Reassignment, reassign
from router.routing.followup.watch import watch_leads
from router.routing.intake.transitions import leads as transitions
from router.routing.intake.work_item import WorkItem
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.recovery.erase import erase_contacts
from router.routing.recovery.repair import repair
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.leads.company_memory import written_memory
from router.store.repair import erasures
from router.store.worklists.night_plan import Planned
from router.store.worklists.notices import Notice
from router.time_slice import time_slice
from tests.world.leads import a_hot_contact, announce, route_all
from tests.world.rule_folders import PULLED, with_rules
from tests.world.time import Time

PUSHING = PULLED.replace(", method: queue, push_after: 30min", ", sticky: company")

Lead = Callable[[Services, SandboxClient, Time, str], None]


def waiting(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    """It was announced by webhook and by the night, and nobody has looked."""
    announce(services, contact_id)
    services.store.inbox.append_low([contact_id], now_ms=services.now_ms())


def claimed_by_a_worker_that_died(
    services: Services, sandbox: SandboxClient, time: Time, contact_id: str
) -> None:
    waiting(services, sandbox, time, contact_id)
    services.store.inbox.take("dead")


def routed(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    announce(services, contact_id)
    route_all(services)


def done(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    """Verified, told to its rep, and on the list of leads that somebody changed."""
    routed(services, sandbox, time, contact_id)
    time.pass_by(seconds=5)
    verify_owners(services)
    record_outbox(services)
    notice = Notice(f"{contact_id}-0-ab", contact_id, "71480101", "chat", since_ms=services.now_ms())
    other = Notice(f"{contact_id}-1-ab", contact_id, "71480101", "chat", since_ms=services.now_ms())
    services.store.notices.note([notice, other], due_ms=services.now_ms())
    services.store.notices.claim(notice, now_ms=services.now_ms())
    services.store.notices.park(other, why="nobody answers", now=time.clock())
    sandbox.edit_by_hand(contact_id, status="IN_PROGRESS")
    services.store.inbox.append([], changed=[(contact_id, services.now_ms())])


def followed_and_overdue(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    routed(services, sandbox, time, contact_id)
    time.pass_by(seconds=5)
    verify_owners(services)
    record_outbox(services)
    services.store.inbox.append([], changed=[(contact_id, services.now_ms())])
    follow_changes(services)
    time.pass_by(days=5)
    watch_leads(services)
    record_outbox(services)


def queued(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    with_queue(services)
    routed(services, sandbox, time, contact_id)


def taken_and_given_back(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    with_queue(services)
    routed(services, sandbox, time, contact_id)
    assert claim_lead(services, contact_id, rep="hugo").is_yes
    route_all(services)
    time.pass_by(seconds=5)
    verify_owners(services)
    assert release_lead(services, contact_id, rep="hugo", why="not mine").is_yes


def being_reassigned(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    done(services, sandbox, time, contact_id)
    state = services.store.leads.recall([contact_id])[contact_id]
    wanted = Reassignment(contact_id, 0, state.owner_id, "it was overdue", to=PushedOut(), refund=True)
    assert reassign(services, [wanted], run="undo abc").moving


def on_the_plan_of_the_night(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    done(services, sandbox, time, contact_id)
    plan = Planned(0, contact_id, 0, "71480101", "gone", "", "hugo", "lea", "otherwise", "hugo has left")
    services.store.night_plan.add([plan])


def parked(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    announce(services, contact_id)
    trip = WorkItem(contact_id, entries=services.store.inbox.take("test"))
    services.store.commits.finish(
        [transitions.parked(trip, why="refused", now=time.clock())], now_ms=services.now_ms()
    )


def remembered_again(services: Services, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    """Redis had lost it, and its write is missing in HubSpot."""
    done(services, sandbox, time, contact_id)
    sandbox.edit_by_hand(
        contact_id, properties=dict.fromkeys(("hubspot_owner_id", "lead_router_decision_id"), "")
    )
    services.store.leads._redis.delete(services.store.keys.lead(contact_id))
    time.pass_by(hours=1)
    now = time.clock()
    assert repair(services, since=now - timedelta(days=1), until=now).remembered


SITUATIONS = (
    waiting,
    claimed_by_a_worker_that_died,
    routed,
    done,
    followed_and_overdue,
    queued,
    taken_and_given_back,
    being_reassigned,
    on_the_plan_of_the_night,
    parked,
    remembered_again,
)


def with_queue(services: Services) -> None:
    with_rules(services, Path(services.rules._directory), PULLED)


def totals(services: Services) -> dict[str, int]:
    """The shares: the lead is open with nobody any more, but it was given all the same."""
    return {
        name: value
        for name, value in services.store.commits.read_book()[0].items()
        if not name.startswith("open:")
    }


def traces_in_redis(client: redis.Redis, contact_id: str) -> list[str]:
    """Every key that names the contact, or holds it anywhere."""
    found = []
    for key in client.scan_iter():
        kind = client.type(key)
        held: object = {
            "string": lambda key: client.get(key),
            "hash": lambda key: client.hgetall(key),
            "set": lambda key: client.smembers(key),
            "zset": lambda key: client.zrange(key, 0, -1),
            "list": lambda key: client.lrange(key, 0, -1),
            "stream": lambda key: client.xrange(key),
            "none": lambda _: None,  # its time was up between being listed and being looked at
        }[kind](key)
        if contact_id in key or contact_id in str(held):
            found.append(key)
    return sorted(found)


def traces_in_ledger(url: str, contact_id: str) -> list[str]:
    """Every table with a line that holds the contact anywhere."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [
            table.name
            for table in METADATA.sorted_tables
            if any(contact_id in str(row) for row in connection.execute(select(table)))
        ]
    engine.dispose()
    return found


@pytest.mark.parametrize("stand", SITUATIONS, ids=lambda stand: stand.__name__)
def test_nothing_is_left_of_the_contact_and_all_of_the_others(
    stand: Lead,
    services: Services,
    rules: Path,
    sandbox: SandboxClient,
    time: Time,
    redis_client: redis.Redis,
    settings: Settings,
) -> None:
    with_rules(services, rules, PUSHING)
    url = settings.ledger_url.get_secret_value()
    gone, other = sandbox.create_exactly(
        [a_hot_contact(email=f"{name}@{name}.fr") for name in ("un", "deux")], announce=False
    )
    for contact_id in (gone, other):
        stand(services, sandbox, time, contact_id)
    before = (traces_in_redis(redis_client, gone), traces_in_ledger(url, gone))
    shares = totals(services)
    theirs = traces_in_redis(redis_client, other)

    services.store.erasures.ask(gone)
    erased = erase_contacts(
        store=services.store, ledger=services.ledger, clock=services.clock, log=services.log
    )

    assert erased == 1
    assert before[0]
    assert traces_in_redis(redis_client, gone) == []
    assert traces_in_ledger(url, gone) == []
    assert traces_in_redis(redis_client, other) == theirs
    assert totals(services) == shares
    files = [file for file in Path(settings.var_dir).glob("ledger.sqlite3*") if file.is_file()]
    assert not [file.name for file in files if gone.encode() in file.read_bytes()]


def test_a_contact_that_is_being_erased_is_not_taken_up_again(
    services: Services, sandbox: SandboxClient, time: Time, redis_client: redis.Redis
) -> None:
    """Whatever is on its way while the erasure waits ends without a trace."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    services.store.erasures.ask(contact_id)

    waiting(services, sandbox, time, contact_id)
    route_all(services)
    record_outbox(services)
    erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)

    assert traces_in_redis(redis_client, contact_id) == []
    assert services.ledger.decisions_of(contact_id) == ()


def test_a_line_that_is_on_its_way_to_the_ledger_does_not_outlive_the_erasure(
    services: Services,
    sandbox: SandboxClient,
    time: Time,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    routed(services, sandbox, time, contact_id)
    write = services.ledger.record

    def overtaken(decisions: object, events: object) -> None:
        services.store.erasures.ask(contact_id)
        erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)
        write(decisions, events)  # type: ignore[arg-type]

    monkeypatch.setattr(services.ledger, "record", overtaken)
    record_outbox(services)

    assert services.ledger.decisions_of(contact_id) == ()
    assert services.ledger.events_of(contact_id) == ()
    assert traces_in_redis(redis_client, contact_id) == []
    time.pass_by(seconds=21)
    assert services.store.erasures.erased_lately([contact_id], now_ms=services.now_ms()) == frozenset()


def test_an_erasure_among_many_memories_goes_on_turn_by_turn(
    services: Services, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "SCANNED", 10)
    theirs = {
        one: remember(services, redis_client, one, memories=60)
        for one in ("90000000501", "90000000502", "90000000503")
    }
    services.store.erasures.ask("90000000501")

    first = erase_for_a_turn(services)
    services.store.erasures.ask("90000000502")
    turns = 1
    while "90000000501" in services.store.erasures.asked_for() and turns < 60:
        erase_for_a_turn(services)
        turns += 1

    assert first == 0, "the first turn was over before all memories were checked"
    assert turns < 60, "a turn goes on where the last one ended"
    assert not redis_client.exists(*theirs["90000000501"])
    assert services.store.erasures.asked_for() == ("90000000502",), "it came after the search had begun"
    for _ in range(60):
        erase_for_a_turn(services)
    assert not redis_client.exists(*theirs["90000000502"])
    assert redis_client.exists(*theirs["90000000503"]) == 60
    assert traces_in_redis(redis_client, "90000000501") == []


def test_a_search_that_a_restarted_server_cannot_go_on_with_begins_anew(
    services: Services, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "SCANNED", 10)
    memories = remember(services, redis_client, "501", memories=60)
    services.store.erasures.ask("501")
    erase_for_a_turn(services)
    end = {"server": "another", "cursor": str(2**20 - 1)}
    redis_client.hset(services.store.keys.erasures_scan, mapping=end)

    for _ in range(60):
        erase_for_a_turn(services)

    assert not redis_client.exists(*memories)


def test_a_contact_that_is_erased_twice_is_searched_twice(
    services: Services, redis_client: redis.Redis
) -> None:
    for _ in range(2):
        memories = remember(services, redis_client, "501", memories=3)
        services.store.erasures.ask("501")
        erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)

        assert not redis_client.exists(*memories)


def remember(services: Services, client: redis.Redis, contact_id: str, *, memories: int) -> list[str]:
    """The keys of that many memories of companies that came from the contact."""
    names = [services.store.keys.company(f"{contact_id}{number}") for number in range(memories)]
    text = written_memory(owner_id="1", contact_id=contact_id, at_ms=0)
    client.mset(dict.fromkeys(names, text))
    return names


def erase_for_a_turn(services: Services) -> int:
    """The contacts erased in a turn that is over after its first step."""
    with time_slice(0):
        return erase_contacts(
            store=services.store, ledger=services.ledger, clock=services.clock, log=services.log
        )
