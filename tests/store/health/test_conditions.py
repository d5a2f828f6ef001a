"""Every condition of the table is made true on a real Redis, and is not true while all is well."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from router.store.budget.budget import CallBudget
from router.store.embedded import EmbeddedValkey
from router.store.health import conditions as subjects
from router.store.health.conditions.condition import Condition
from router.store.health.conditions.table import CONDITIONS, findings, level_of
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.repair.reconciled import Reconciled
from router.store.settling.revision_brake import RevisionBrake, RevisionsHeld
from router.store.shared.outbox import MOST_WAITING
from router.store.shared.rules import RulesRepository
from router.store.worklists.night_plan import NightPlan, PlanAwaitingApproval
from router.wakeups import leads_queue
from tests.world.time import wait_for
from tests.world.well import (
    board,
    make_well,
    redis_now,
    see_a_clock,
    see_a_disk,
    see_a_ledger,
    see_owners,
)
from workers.rq_worker import RouterWorker

KEYS = Keys("4242")
CALLS_PER_DAY = 1_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A private server, whose settings the tests change."""
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as started:
        yield started


@pytest.fixture
def client(server: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A client of a Redis in which all is well."""
    with redis.Redis.from_url(server.url, decode_responses=True, protocol=3) as client:
        _as_usual(client)
        client.flushall()
        make_well(client, KEYS)
        yield client
        _as_usual(client)


def _as_usual(client: redis.Redis) -> None:
    client.config_set("maxmemory", 0)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("appendonly", "yes")
    client.config_resetstat()
    client.replicaof("NO", "ONE")


def conditions(client: redis.Redis) -> set[str]:
    reading = Vitals(client, KEYS, calls_per_day=CALLS_PER_DAY).read()
    return {one.condition for one in findings(reading)}


def ago_ms(client: redis.Redis, seconds: float) -> int:
    return int((redis_now(client).timestamp() - seconds) * 1000)


def fill(client: redis.Redis, policy: str, *, room: float = 1.0) -> None:
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", int(int(client.info("memory")["used_memory"]) * room))


def evict(client: redis.Redis) -> None:
    fill(client, "allkeys-random", room=1.05)
    for number in range(20_000):
        client.set(f"filling:{number}", "x" * 100, ex=60)
        if int(client.info("stats")["evicted_keys"]):
            break
    client.config_set("maxmemory", 10**9)
    make_well(client, KEYS)  # what was thrown away by chance


def break_the_append_only_file(client: redis.Redis) -> None:
    directory = Path(client.config_get("dir")["dir"]) / "appendonlydir"
    directory.rename(directory.with_name("aside"))
    directory.write_text("")
    with suppress(redis.ResponseError):  # it says so at once, or in its state
        client.bgrewriteaof()
    wait_for(lambda: client.info("persistence")["aof_last_bgrewrite_status"] == "err")


def crash_a_job(client: redis.Redis) -> None:
    for_queue = redis.Redis.from_url(f"unix://{client.connection_pool.connection_kwargs['path']}")
    queue = Queue(leads_queue(KEYS.portal), connection=for_queue, serializer=JSONSerializer)
    queue.enqueue("os.getcwd", failure_ttl=7 * 24 * 3600)
    RouterWorker(leads_queue(KEYS.portal), for_queue).work(burst=True, logging_level="CRITICAL")


def budget(client: redis.Redis) -> CallBudget:
    return CallBudget(client, KEYS, calls_per_day=CALLS_PER_DAY)


def use_calls(client: redis.Redis, number: int) -> None:
    client.set(KEYS.calls_of_day(f"{redis_now(client):%Y-%m-%d}"), number)


def fill_the_outbox(client: redis.Redis) -> None:
    script = "for n = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'k', 'v') end"
    client.eval(script, 1, KEYS.outbox, MOST_WAITING)


def park(client: redis.Redis, number: int) -> None:
    words = json.dumps({"why": "refused", "since": redis_now(client).isoformat()})
    client.hset(KEYS.parked, mapping={str(one): words for one in range(number)})


def refuse_signatures(client: redis.Redis) -> None:
    for _ in range(6):
        Vitals(client, KEYS).note_refusal(401)


def miss_events(client: redis.Redis) -> None:
    client.delete(KEYS.recent)
    client.hset(KEYS.night, "born", redis_now(client).isoformat())
    Reconciled(client, KEYS).note_missed(3)


def be_foreign(client: redis.Redis) -> None:
    client.delete(KEYS.recent)
    Inbox(client, KEYS).append([], (), 3, foreign=3)


def empty_redis(client: redis.Redis) -> None:
    client.delete(KEYS.whole)
    see_a_ledger(board(client, KEYS, "housekeeping"), problem="locked")


def long_ago(client: redis.Redis, **span: float) -> str:
    return (redis_now(client) - timedelta(**span)).isoformat()


def clock(**how: float | str) -> Callable[[redis.Redis], None]:
    return lambda client: see_a_clock(board(client, KEYS), **how)  # type: ignore[arg-type]


def silence(role: str) -> Callable[[redis.Redis], None]:
    def hush(client: redis.Redis) -> None:
        for name in client.hkeys(KEYS.progress):
            if str(name).startswith(role):
                client.hset(KEYS.progress, name, json.dumps({"at": ago_ms(client, 61) / 1000, "did": "x"}))

    return hush


CASES: dict[str, Callable[[redis.Redis], object]] = {
    "redis_refuses_writes": lambda client: client.replicaof("127.0.0.1", "1"),
    "redis_evicted": evict,
    "redis_may_evict": lambda client: fill(client, "allkeys-lru", room=100),
    "redis_nearly_full": lambda client: fill(client, "noeviction", room=1.1),
    "redis_not_appending": lambda client: client.config_set("appendonly", "no"),
    "worker_silent": silence("worker"),
    "housekeeping_silent": silence("housekeeping"),
    "cron_silent": silence("cron"),
    "inbox_waits": lambda client: client.xadd(KEYS.inbox, {"c": "5"}, id=f"{ago_ms(client, 75)}-0"),
    "settling_late": lambda client: client.zadd(KEYS.settling, {"5": ago_ms(client, 75)}),
    "jobs_crash": crash_a_job,
    "rules_missing": lambda client: client.hdel(KEYS.rules, "revision"),
    "rules_refused": lambda client: RulesRepository(client, KEYS).complain(
        [{"file": "routing.yaml", "line": 1, "column": 2, "message": "there is no team"}]
    ),
    "portal_changed": lambda client: RulesRepository(client, KEYS).note_drift(["It is gone."], catalog=b""),
    "owners_archived": lambda client: see_owners(board(client, KEYS, "housekeeping"), active=0),
    "team_without_owner": lambda client: see_owners(board(client, KEYS, "housekeeping"), empty_teams="idf"),
    "hubspot_denies": lambda client: budget(client).pause("HubSpot refuses it (401)", timedelta(hours=1)),
    "hubspot_paused": lambda client: budget(client).pause("HubSpot answered 429", timedelta(minutes=1)),
    "calls_used_up": lambda client: use_calls(client, CALLS_PER_DAY),
    "calls_nearly_used_up": lambda client: use_calls(client, 950),
    "clock_far_off": clock(verdict="far off", hubspot=210),
    "clock_off": clock(verdict="off", hubspot=-40),
    "clock_unknown": clock(verdict="unknown"),
    "redis_clock_off": clock(of_redis=-31),
    "verification_late": lambda client: client.zadd(KEYS.verify, {"501": ago_ms(client, 90)}),
    "verification_stuck": lambda client: client.zadd(KEYS.verify, {"501": ago_ms(client, 700)}),
    "ledger_unusable": lambda client: see_a_ledger(board(client, KEYS, "housekeeping"), problem="locked"),
    "ledger_set_aside": lambda client: see_a_ledger(board(client, KEYS, "housekeeping"), set_aside="x.old"),
    "outbox_waits": lambda client: client.xadd(KEYS.outbox, {"k": "v"}, id=f"{ago_ms(client, 700)}-0"),
    "outbox_full": fill_the_outbox,
    "shares_missing": empty_redis,
    "rebuilding": lambda client: client.hset(KEYS.reconciled, "rebuild", "{}"),
    "foreign_portal": be_foreign,
    "signatures_refused": refuse_signatures,
    "no_events": lambda client: client.delete(KEYS.recent),
    "events_missed": miss_events,
    "reconciliation_late": lambda client: client.hset(KEYS.reconciled, "until", long_ago(client, hours=2)),
    "most_leads_parked": lambda client: park(client, 9),
    "leads_parked": lambda client: park(client, 1),
    "leads_parked_by_outage": lambda client: client.hset(
        KEYS.parked, "499", json.dumps({"why": "no", "since": long_ago(client, hours=2), "fault": "outage"})
    ),
    "unfair": lambda client: client.hset(KEYS.book, "credit:idf:hugo", "-9300000000"),
    "turns_late": lambda client: client.hset(KEYS.turns, "workers.jobs.record", ago_ms(client, 100)),
    "changes_wait": lambda client: client.zadd(KEYS.changed, {"501": ago_ms(client, 700)}),
    "night_late": lambda client: client.set(KEYS.night_ended, long_ago(client, hours=31)),
    "night_held": lambda client: NightPlan(client, KEYS).hold(
        PlanAwaitingApproval("2026-11-24", "abc", "count", 412, 200, 9_000)
    ),
    "revisions_held": lambda client: RevisionBrake(client, KEYS).hold(
        RevisionsHeld("2026-11-24T09:15:00+00:00", 61, 50)
    ),
    "notices_failing": lambda client: client.zadd(KEYS.notices_due, {"n": ago_ms(client, -600)}),
    "erasures_wait": lambda client: (silence("housekeeping")(client), client.sadd(KEYS.erasures, "501")),
    "disk_full": lambda client: see_a_disk(board(client, KEYS), free=10**7),
    "disk_nearly_full": lambda client: see_a_disk(board(client, KEYS), free=10**8),
}
ELSEWHERE = {"redis_down", "redis_loading", "redis_append_fails", "deliveries_not_kept"}
"""Made true below, on a server that is not mended afterwards, or where one can be watched."""


def test_a_service_in_which_all_is_well_is_ok(client: redis.Redis) -> None:
    reading = Vitals(client, KEYS, calls_per_day=CALLS_PER_DAY).read()

    assert findings(reading) == ()
    assert level_of(()) == "ok"


@pytest.mark.parametrize("name", CASES)
def test_each_condition_is_found_when_it_is_true(client: redis.Redis, name: str) -> None:
    before = conditions(client)

    CASES[name](client)

    found = conditions(client)
    assert before == set()
    assert name in found


def test_every_condition_is_made_true_by_a_test() -> None:
    assert {one.name for one in CONDITIONS} == {*CASES, *ELSEWHERE}


def test_no_condition_is_left_out_of_the_table() -> None:
    modules = [import_module(one.name) for one in iter_modules(subjects.__path__, f"{subjects.__name__}.")]
    written = [one for module in modules for one in vars(module).values() if isinstance(one, Condition)]

    assert Counter(one.name for one in CONDITIONS) == Counter(one.name for one in written)


@pytest.mark.parametrize("one", CONDITIONS, ids=lambda one: one.name)
def test_a_condition_has_words_for_the_readme_and_a_command(one: Condition) -> None:
    assert one.when and one.command
    assert "|" not in one.when + one.command


def test_the_readme_shows_the_table_as_it_is() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")

    rows = [f"| `{one.name}` | {one.level} | {one.when} | {one.command} |" for one in CONDITIONS]
    assert (
        "\n".join(["| condition | level | when | what to do first |", "|---|---|---|---|", *rows]) in readme
    )


def test_a_redis_that_is_full_is_found(client: redis.Redis) -> None:
    fill(client, "noeviction", room=0.5)

    assert "redis_refuses_writes" in conditions(client)


def test_an_append_only_file_that_cannot_be_written_is_found(valkey: EmbeddedValkey) -> None:
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        make_well(client, KEYS)
        before = conditions(client)

        break_the_append_only_file(client)

        assert (before, conditions(client)) == (set(), {"redis_append_fails"})


def test_an_empty_redis_is_not_well(client: redis.Redis) -> None:
    client.flushall()

    found = conditions(client)

    assert {"worker_silent", "housekeeping_silent", "cron_silent", "rules_missing"} <= found


def test_a_ledger_at_which_nobody_looks_is_not_well(client: redis.Redis) -> None:
    for field in client.hkeys(KEYS.observations):
        if str(field).startswith("ledger"):
            client.hdel(KEYS.observations, field)

    assert conditions(client) == {"ledger_unusable"}


def test_a_stale_observation_says_nothing(client: redis.Redis) -> None:
    see_a_disk(board(client, KEYS), free=0)
    (field,) = (str(one) for one in client.hkeys(KEYS.observations) if str(one).startswith("disk"))
    stale = json.loads(str(client.hget(KEYS.observations, field))) | {"at": ago_ms(client, 200) / 1000}

    client.hset(KEYS.observations, field, json.dumps(stale))

    assert conditions(client) == set()
