"""New leads never wait behind housekeeping, however much of it there is and however few calls are left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from msgspec.structs import replace

from router.bootstrap import ProcessContext, open_services
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.health.progress import ProgressBoard
from router.store.inbox.inbox import BATCHES_PER_DRAIN, GROUP, Inbox
from router.wakeups import WakeUps
from tests.world.leads import a_hot_contact
from workers import drain as draining
from workers import process
from workers.drain import Drain


@pytest.fixture
def scarce(
    settings: Settings, redis_client: redis.Redis, redis_url: str, services: Services
) -> Iterator[ProcessContext]:
    """A context that believes in forty calls in ten seconds; its drains end soon when they are asked to."""
    few = open_services(
        settings.model_copy(update={"hubspot_calls_per_10s": 40}), redis_client, clock=services.clock
    )
    few.rules.refresh()
    few.people.owners.by_email()
    redis_client.delete(few.store.keys.calls)
    for_queue = redis.Redis.from_url(redis_url)
    yield ProcessContext(
        services=few,
        wake_ups=WakeUps(for_queue, few.portal),
        progress=ProgressBoard(redis_client, few.store.keys, role="worker"),
        queue_client=for_queue,
    )
    process._process.stopping.clear()
    few.ledger.close()


def seconds_until_owned(sandbox: SandboxClient, contact_id: str, *, within_s: float) -> float:
    began = time.monotonic()
    while time.monotonic() < began + within_s:
        if sandbox.contact(contact_id)["owner"]:
            return time.monotonic() - began
        time.sleep(0.02)
    return float("inf")


def test_a_new_lead_is_routed_while_housekeeping_waits_for_calls(
    scarce: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    services = scarce.services
    missed = sandbox.create_exactly([a_hot_contact() for _ in range(3_000)], announce=False)
    services.store.inbox.append_low(missed, now_ms=services.now_ms())
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        drain = Drain(scarce, pool)
        working = threading.Thread(target=drain.run)
        working.start()
        try:
            ends_at = time.monotonic() + 20
            while redis_client.zcard(services.store.keys.calls) < 22 and time.monotonic() < ends_at:
                time.sleep(0.02)  # until housekeeping has had its 60 % of the calls, and waits for more
            time.sleep(0.1)
            waits = []
            for _ in range(4):
                (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
                services.store.inbox.append([(contact_id, services.now_ms())])
                waits.append(seconds_until_owned(sandbox, contact_id, within_s=8))
            still_low = len(drain.low)
            left = redis_client.xlen(services.store.keys.inbox_low)
        finally:
            process.stop()
            working.join()

    assert max(waits) < 2
    assert still_low == draining.LOW_BATCHES
    assert left > 100


def test_a_new_lead_that_a_dead_worker_had_claimed_is_taken_over_meanwhile(
    scarce: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    inbox = Inbox(redis_client, scarce.services.store.keys, lease=timedelta(seconds=3))
    services = replace(scarce.services, store=replace(scarce.services.store, inbox=inbox))
    busy = replace(scarce, services=services)
    missed = sandbox.create_exactly([a_hot_contact() for _ in range(3_000)], announce=False)
    (claimed,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    services.store.inbox.append([(claimed, services.now_ms())])
    assert len(services.store.inbox.take("a worker that dies", low=False)) == 1
    services.store.inbox.append_low(missed, now_ms=services.now_ms())
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        drain = Drain(busy, pool)
        working = threading.Thread(target=drain.run)
        working.start()
        try:
            waited = seconds_until_owned(sandbox, claimed, within_s=9)
            still_low = len(drain.low)
        finally:
            process.stop()
            working.join()

    assert waited < 8
    assert still_low == draining.LOW_BATCHES


def test_what_housekeeping_has_to_wait_for_does_not_hold_up_the_drain(
    scarce: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snoozed batch of housekeeping puts off housekeeping only."""
    services = scarce.services
    (low,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    (new,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    run_batch = draining.run_batch

    def low_is_snoozed(*arguments: object, **more: object) -> object:
        if any(entry.stream == services.store.keys.inbox_low for entry in arguments[1]):  # type: ignore[attr-defined]
            raise draining.BatchSnoozed(60)
        return run_batch(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(draining, "run_batch", low_is_snoozed)
    services.store.inbox.append_low([low], now_ms=services.now_ms())
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        drain = Drain(scarce, pool)
        working = threading.Thread(target=drain.run)
        working.start()
        ends_at = time.monotonic() + 10
        while not drain.low_not_before and time.monotonic() < ends_at:
            time.sleep(0.01)
        services.store.inbox.append([(new, services.now_ms())])
        Drain(scarce, pool).run()  # whoever is woken: the first drain may have ended
        waited = seconds_until_owned(sandbox, new, within_s=8)
        process.stop()
        working.join()

    assert drain.low_not_before > time.monotonic() + 30
    assert drain.not_before == 0
    assert waited < 8


def test_a_drain_with_all_its_flights_in_the_air_waits_for_one_to_land(
    scarce: ProcessContext, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although housekeeping waits, which new leads would make room for."""
    services, may_land, run_batch = scarce.services, threading.Event(), draining.run_batch

    def fly_later(*arguments: object, **more: object) -> object:
        assert may_land.wait(timeout=30)
        return run_batch(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(draining, "run_batch", fly_later)
    monkeypatch.setattr(draining, "BATCH", 1)
    monkeypatch.setattr(
        type(services.store.inbox).take,
        "__kwdefaults__",
        {"limit": 1, "reclaim": True, "low": True, "now_ms": 0},
    )
    new = sandbox.create_exactly([a_hot_contact() for _ in range(BATCHES_PER_DRAIN)], announce=False)
    (low,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    services.store.inbox.append([(contact_id, services.now_ms()) for contact_id in new])
    services.store.inbox.append_low([low], now_ms=services.now_ms())
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        drain = Drain(scarce, pool)
        taken = [drain._take_next(time.monotonic() + 10) for _ in range(BATCHES_PER_DRAIN + 1)]
        may_land.set()
        routed = drain.run()

    assert taken == [True] * BATCHES_PER_DRAIN + [False]
    assert routed == len(new) + 1


def test_all_that_a_dead_worker_had_claimed_is_taken_over_without_a_pause(
    scarce: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims are looked at once a second, but where some were abandoned the next look comes at once."""
    services = scarce.services
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(4)], announce=False)

    def abandon(contact_ids: list[str]) -> None:
        services.store.inbox.append([(contact_id, services.now_ms()) for contact_id in contact_ids])
        claimed = [services.store.inbox.take("a worker that dies", low=False)[0].id for _ in contact_ids]
        redis_client.xclaim(services.store.keys.inbox, GROUP, "a worker that dies", 0, claimed, idle=60_000)

    monkeypatch.setattr(draining, "KEEP_S", 3600.0)
    monkeypatch.setattr(
        type(services.store.inbox).take,
        "__kwdefaults__",
        {"limit": 1, "reclaim": True, "low": True, "now_ms": 0},
    )
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        drain = Drain(scarce, pool, looked_at=-3600.0)
        abandon(ids[:3])
        taken = [drain._take_next(time.monotonic() + 10) for _ in range(4)]
        drain._collect_all()
        abandon(ids[3:])
        soon_after = drain._take_next(time.monotonic() + 10)

    assert taken == [True, True, True, False]
    assert not soon_after
    assert all(sandbox.contact(contact_id)["owner"] for contact_id in ids[:3])


def test_low_priority_leads_that_a_dead_worker_had_claimed_are_taken_over_within_seconds(
    scarce: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    services = scarce.services
    services.store.inbox.open()
    (low,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    services.store.inbox.append_low([low], now_ms=services.now_ms())
    assert len(services.store.inbox.take("a worker that dies")) == 1
    soon = Inbox(redis_client, services.store.keys, lease=timedelta(milliseconds=1))
    impatient = replace(scarce, services=replace(services, store=replace(services.store, inbox=soon)))

    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        drain = Drain(impatient, pool=pool)
        drain.looked_at = time.monotonic()  # it has just looked for abandoned claims of new leads
        drain._take_next(time.monotonic() + 30)
        drain._collect_all()

    assert sandbox.contact(low)["owner"]


def test_a_batch_that_takes_longer_than_the_lease_keeps_its_leads(
    scarce: ProcessContext,
    sandbox: SandboxClient,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services = scarce.services
    inbox_key = services.store.keys.inbox
    services.store.inbox.append([("501", 1)])
    at_work, over = threading.Event(), threading.Event()

    def slow(*_args: object, **_how: object) -> draining.Routed:
        at_work.set()
        over.wait(30)
        return draining.Routed()

    monkeypatch.setattr(draining, "run_batch", slow)
    monkeypatch.setattr(draining, "KEEP_CLAIMS_S", 0.0)
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        working = threading.Thread(target=Drain(scarce, pool).run)
        working.start()
        try:
            assert at_work.wait(30)
            (claim,) = redis_client.xpending_range(inbox_key, GROUP, "-", "+", 1)
            redis_client.xclaim(
                inbox_key, GROUP, claim["consumer"], 0, [claim["message_id"]], idle=20_000, justid=True
            )
            ends_at = time.monotonic() + 20
            (kept,) = redis_client.xpending_range(inbox_key, GROUP, "-", "+", 1)
            while time.monotonic() < ends_at and kept["time_since_delivered"] not in range(5_000):
                time.sleep(0.05)
                (kept,) = redis_client.xpending_range(inbox_key, GROUP, "-", "+", 1)
        finally:
            over.set()
            process.stop()
            working.join()

    assert kept["time_since_delivered"] < 5_000
    assert (kept["consumer"], kept["times_delivered"]) == (claim["consumer"], 1)


def test_the_claims_of_a_batch_that_never_ends_are_let_go(
    scarce: ProcessContext, redis_client: redis.Redis
) -> None:
    inbox = scarce.services.store.inbox
    inbox.append([("501", 1), ("502", 2)])
    slow, endless = inbox.take("anna")
    for entry in (slow, endless):
        redis_client.xclaim(entry.stream, GROUP, "anna", 0, [entry.id], idle=29_000, justid=True)
    now = time.monotonic()
    too_long = draining.CLAIM_HELD_FOR.total_seconds() + 1
    with ThreadPoolExecutor(1) as pool:
        drain = Drain(scarce, pool)
        drain.in_flight = {
            Future(): draining.Flight(0, "anna", [slow], began=now - 60, kept_at=now - 60),
            Future(): draining.Flight(1, "anna", [endless], began=now - too_long, kept_at=now - 60),
        }
        drain._keep_claims()

    idle = {
        one["message_id"]: one["time_since_delivered"]
        for one in redis_client.xpending_range(slow.stream, GROUP, "-", "+", 2)
    }
    assert idle[slow.id] < 29_000
    assert idle[endless.id] >= 29_000
