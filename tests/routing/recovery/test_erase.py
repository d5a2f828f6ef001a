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
from router.routing.followup.follow import follow
from router.routing.followup.reassign import Reassignment, reassign
from router.routing.followup.watch import watch
from router.routing.intake import transitions
from router.routing.intake.verify import verify
from router.routing.intake.work_item import Trip
from router.routing.outbox.record import record
from router.routing.portal.services import Desk
from router.routing.queues.claims import claim, release
from router.routing.recovery.erase import erase
from router.routing.recovery.repair import repair
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.worklists.night_plan import Planned
from router.store.worklists.notices import Notice
from tests.world.leads import a_hot_contact, announce, route_all
from tests.world.rule_folders import PULLED, with_rules
from tests.world.time import Time

PUSHING = PULLED.replace(", method: queue, push_after: 30min", ", sticky: company")

Lead = Callable[[Desk, SandboxClient, Time, str], None]


def waiting(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    """It was announced by webhook and by the night, and nobody has looked."""
    announce(desk, contact_id)
    desk.inbox.append_low([contact_id], now_ms=desk.now_ms())


def claimed_by_a_worker_that_died(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    waiting(desk, sandbox, time, contact_id)
    desk.inbox.take("dead")


def routed(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    announce(desk, contact_id)
    route_all(desk)


def done(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    """Verified, told to its rep, and on the list of leads that somebody changed."""
    routed(desk, sandbox, time, contact_id)
    time.pass_by(seconds=5)
    verify(desk)
    record(desk)
    notice = Notice(f"{contact_id}-0-ab", contact_id, "71480101", "chat", since_ms=desk.now_ms())
    other = Notice(f"{contact_id}-1-ab", contact_id, "71480101", "chat", since_ms=desk.now_ms())
    desk.notices.note([notice, other], due_ms=desk.now_ms())
    desk.notices.claim(notice, now_ms=desk.now_ms())
    desk.notices.park(other, why="nobody answers", now=time.clock())
    sandbox.edit_by_hand(contact_id, status="IN_PROGRESS")
    desk.inbox.append([], changed=[(contact_id, desk.now_ms())])


def followed_and_overdue(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    routed(desk, sandbox, time, contact_id)
    time.pass_by(seconds=5)
    verify(desk)
    record(desk)
    desk.inbox.append([], changed=[(contact_id, desk.now_ms())])
    follow(desk)
    time.pass_by(days=5)
    watch(desk)
    record(desk)


def queued(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    with_queue(desk)
    routed(desk, sandbox, time, contact_id)


def taken_and_given_back(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    with_queue(desk)
    routed(desk, sandbox, time, contact_id)
    assert claim(desk, contact_id, rep="hugo").is_yes
    route_all(desk)
    time.pass_by(seconds=5)
    verify(desk)
    assert release(desk, contact_id, rep="hugo", why="not mine").is_yes


def being_reassigned(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    done(desk, sandbox, time, contact_id)
    state = desk.leads.recall([contact_id])[contact_id]
    wanted = Reassignment(contact_id, 0, state.owner_id, "it was overdue", to=PushedOut(), refund=True)
    assert reassign(desk, [wanted], run="undo abc").moving


def on_the_plan_of_the_night(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    done(desk, sandbox, time, contact_id)
    plan = Planned(0, contact_id, 0, "71480101", "gone", "", "hugo", "lea", "otherwise", "hugo has left")
    desk.night_plan.add([plan])


def parked(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    announce(desk, contact_id)
    trip = Trip(contact_id, entries=desk.inbox.take("test"))
    desk.commits.finish([transitions.parked(trip, why="refused", now=time.clock())], now_ms=desk.now_ms())


def remembered_again(desk: Desk, sandbox: SandboxClient, time: Time, contact_id: str) -> None:
    """Redis had lost it, and its write is missing in HubSpot."""
    done(desk, sandbox, time, contact_id)
    sandbox.edit_by_hand(
        contact_id, properties=dict.fromkeys(("hubspot_owner_id", "lead_router_decision_id"), "")
    )
    desk.leads._redis.delete(desk.keys.lead(contact_id))
    time.pass_by(hours=1)
    now = time.clock()
    assert repair(desk, since=now - timedelta(days=1), until=now).remembered


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


def with_queue(desk: Desk) -> None:
    with_rules(desk, Path(desk.rules._directory), PULLED)


def totals(desk: Desk) -> dict[str, int]:
    """The shares: the lead is open with nobody any more, but it was given all the same."""
    return {
        name: value for name, value in desk.commits.read_book()[0].items() if not name.startswith("open:")
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
    desk: Desk,
    rules: Path,
    sandbox: SandboxClient,
    time: Time,
    redis_client: redis.Redis,
    settings: Settings,
) -> None:
    with_rules(desk, rules, PUSHING)
    url = settings.ledger_url.get_secret_value()
    gone, other = sandbox.create_exactly(
        [a_hot_contact(email=f"{name}@{name}.fr") for name in ("un", "deux")], announce=False
    )
    for contact_id in (gone, other):
        stand(desk, sandbox, time, contact_id)
    before = (traces_in_redis(redis_client, gone), traces_in_ledger(url, gone))
    shares = totals(desk)
    theirs = traces_in_redis(redis_client, other)

    desk.erasures.ask(gone)
    erased = erase(desk)

    assert erased == 1
    assert before[0]
    assert traces_in_redis(redis_client, gone) == []
    assert traces_in_ledger(url, gone) == []
    assert traces_in_redis(redis_client, other) == theirs
    assert totals(desk) == shares
    files = [file for file in Path(settings.var_dir).glob("ledger.sqlite3*") if file.is_file()]
    assert not [file.name for file in files if gone.encode() in file.read_bytes()]


def test_a_contact_that_is_being_erased_is_not_taken_up_again(
    desk: Desk, sandbox: SandboxClient, time: Time, redis_client: redis.Redis
) -> None:
    """Whatever is on its way while the erasure waits ends without a trace."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    desk.erasures.ask(contact_id)

    waiting(desk, sandbox, time, contact_id)
    route_all(desk)
    record(desk)
    erase(desk)

    assert traces_in_redis(redis_client, contact_id) == []
    assert desk.ledger.decisions_of(contact_id) == ()


def test_a_line_that_is_on_its_way_to_the_ledger_does_not_outlive_the_erasure(
    desk: Desk, sandbox: SandboxClient, time: Time, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    routed(desk, sandbox, time, contact_id)
    write = desk.ledger.record

    def overtaken(decisions: object, events: object) -> None:
        desk.erasures.ask(contact_id)
        erase(desk)
        write(decisions, events)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.ledger, "record", overtaken)
    record(desk)

    assert desk.ledger.decisions_of(contact_id) == ()
    assert desk.ledger.events_of(contact_id) == ()
    assert traces_in_redis(redis_client, contact_id) == []
    time.pass_by(seconds=21)
    assert desk.erasures.erased_lately([contact_id], now_ms=desk.now_ms()) == frozenset()
