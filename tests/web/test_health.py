"""What the health pages tell, to whom, and with which status."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient

from router.policy.reports.bounds import Bound
from router.store.budget.budget import CallBudget
from router.store.embedded import EmbeddedValkey
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.store.shared.rules import RulesRepository
from router.store.worklists.night_plan import NightPlan, PlanAwaitingApproval
from tests.world.deliveries import HEALTH_TOKEN, Bell, a_browser, created, signed
from tests.world.well import board, make_well, see_a_clock

PATIENCE_S = 60
WITH_TOKEN = {"Authorization": f"Bearer {HEALTH_TOKEN}"}


@pytest.fixture(autouse=True)
def _all_is_well(redis_client: redis.Redis, keys: Keys) -> None:
    make_well(redis_client, keys)


def told(browser: FlaskClient) -> dict[str, Any]:
    """The details."""
    return dict(browser.get("/health", headers=WITH_TOKEN).get_json())


def sentences(report: dict[str, Any]) -> list[str]:
    return [str(one["sentence"]) for one in report["findings"]]


def found(browser: FlaskClient, condition: str) -> list[str]:
    """The sentences of one condition."""
    return [one["sentence"] for one in told(browser)["findings"] if one["condition"] == condition]


def metrics(browser: FlaskClient) -> str:
    return browser.get("/metrics", headers=WITH_TOKEN).text


def test_a_service_in_which_all_is_well_is_ok(browser: FlaskClient) -> None:
    answer = browser.get("/health")

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["redis"], answer.json["conditions"]) == ("ok", "up", {})
    assert told(browser)["findings"] == []


def test_what_is_degraded_is_answered_200_and_what_fails_503(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.hset(keys.parked, "499", "{}")
    degraded = browser.get("/health")
    redis_client.delete(keys.progress)
    failing = browser.get("/health")

    assert (degraded.status_code, degraded.json["status"]) == (200, "degraded")
    assert (failing.status_code, failing.json["status"]) == (503, "failing")
    assert failing.json["conditions"]["worker_silent"] == 1
    assert told(browser)["findings"][-1]["level"] == "degraded", "what fails comes first"


def test_without_the_token_there_are_status_and_counts_only(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.hset(keys.book, "credit:secret_team:secret_rep", "-9300000000")
    mistake = {"file": "secret.yaml", "line": 1, "column": 1, "message": "a secret rule"}
    RulesRepository(redis_client, keys).complain([mistake])
    see_a_clock(board(redis_client, keys), verdict="off", hubspot=40)

    pages = browser.get("/health"), browser.get("/metrics")

    hosts = [str(name).split()[1].split(":")[0] for name in redis_client.hkeys(keys.progress)]
    for page in pages:
        assert not any(word in page.text for word in ("secret", *hosts))
    assert pages[0].json["conditions"] == {"rules_refused": 1, "unfair": 1, "clock_off": 1}
    for word in ("secret_rep", "secret.yaml", *hosts):
        assert word in browser.get("/health", headers=WITH_TOKEN).text
    assert "secret_team" in metrics(browser)


@pytest.mark.parametrize("page", ["/health", "/metrics"])
@pytest.mark.parametrize("header", ["Bearer wrong", "Basic x", "", f"Bearer {HEALTH_TOKEN}é"])
def test_a_wrong_token_is_refused(browser: FlaskClient, page: str, header: str) -> None:
    answer = browser.get(page, headers={"Authorization": header.encode().decode("latin-1")})

    assert answer.status_code == 401
    assert HEALTH_TOKEN not in answer.text


def test_without_a_token_in_the_settings_nobody_gets_details(
    redis_client: redis.Redis, keys: Keys, bell: Bell
) -> None:
    browser = a_browser(redis_client, keys, bell, HEALTH_TOKEN="")

    answer = browser.get("/health", headers=WITH_TOKEN)

    assert (answer.status_code, "findings" in answer.json) == (200, False)


def test_ready_means_that_deliveries_can_be_kept(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.delete(keys.progress)  # workers have nothing to do with it
    fine = browser.get("/ready")
    redis_client.replicaof("127.0.0.1", "1")
    refused = browser.get("/ready")
    redis_client.replicaof("NO", "ONE")

    assert (fine.status_code, refused.status_code) == (200, 503)


def test_a_redis_that_is_down_is_said_so(valkey: EmbeddedValkey, keys: Keys, bell: Bell) -> None:
    browser = a_browser(redis.Redis.from_url(valkey.url, decode_responses=True), keys, bell)
    valkey.kill()

    health, page = browser.get("/health"), browser.get("/metrics")

    assert health.status_code == 503
    assert health.json["conditions"] == {"redis_down": 1}
    assert found(browser, "redis_down") == [
        "Redis does not answer, so no delivery can be kept. Start it, or correct REDIS_URL."
    ]
    assert page.status_code == 200
    assert "lead_router_redis_up 0.0" in page.text
    assert "lead_router_healthy 0.0" in page.text


def test_deliveries_that_were_answered_503_are_said_by_the_process_that_answered(
    valkey: EmbeddedValkey, keys: Keys, bell: Bell
) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    browser = a_browser(client, keys, bell)
    make_well(client, keys)
    valkey.kill()
    body = created(501)
    statuses = {browser.post("/webhooks/hubspot", data=body, headers=signed(body)).status_code for _ in "ab"}
    valkey.start()
    make_well(client, keys)

    answer = browser.get("/health")

    assert statuses == {503}
    assert (answer.status_code, answer.json["conditions"]) == (503, {"deliveries_not_kept": 1})
    assert int(client.hget(keys.counts, "refused_503") or 0) == 2, "told to Redis once it is back"


def test_a_full_redis_is_said_while_every_delivery_gets_503(
    valkey: EmbeddedValkey, keys: Keys, bell: Bell
) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    browser = a_browser(client, keys, bell)
    make_well(client, keys)
    client.config_set("maxmemory", 1)
    body = created(501)
    refused = browser.post("/webhooks/hubspot", data=body, headers=signed(body))

    answer = browser.get("/health")

    assert (refused.status_code, answer.status_code) == (503, 503)
    assert {"redis_refuses_writes", "deliveries_not_kept"} <= set(answer.json["conditions"])


def test_a_delivery_for_another_portal_is_counted_as_such(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.delete(keys.recent)
    body = created(501, portalId=999)
    taken = browser.post("/webhooks/hubspot", data=body, headers=signed(body))
    foreign = found(browser, "foreign_portal")
    ours = created(501)
    browser.post("/webhooks/hubspot", data=ours, headers=signed(ours))

    assert taken.status_code == 200
    assert len(foreign) == 1
    assert found(browser, "foreign_portal") == []


def test_wrong_signatures_are_counted(browser: FlaskClient, redis_client: redis.Redis, keys: Keys) -> None:
    body = created(501)
    headers = signed(body) | {"X-HubSpot-Signature-v3": "wrong"}
    for _ in range(6):
        answer = browser.post("/webhooks/hubspot", data=body, headers=headers)
        answer.close()  # HubSpot has its answer before anything is counted
        assert answer.status_code == 401

    assert found(browser, "signatures_refused") == [
        "6 of 7 deliveries of the last hour had a wrong signature. "
        "Compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL."
    ]


def test_depth_and_claims_and_parked_leads_are_shown(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox = Inbox(redis_client, keys)
    inbox.append([("501", 1), ("502", 1), ("503", 1)])
    inbox.append_low(["504"], now_ms=1)
    inbox.take("a worker", limit=2)
    redis_client.hset(keys.parked, "499", "{}")
    redis_client.sadd(keys.erasures, "498")
    redis_client.xadd(keys.outbox, {"what": "routed"})

    report = told(browser)

    assert (report["inbox"]["depth"], report["inbox"]["claimed"]) == (3, 2)
    assert report["inbox"]["waited_s"] < PATIENCE_S
    assert (report["low"]["depth"], report["parked"], report["erasures"], report["outbox"]) == (1, 1, 1, 1)
    assert sentences(report) == ["Parked leads that need a person: 1. See: router parked"]


def test_leads_parked_by_an_outage_are_counted_apart(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.hset(
        keys.parked, "499", '{"why": "no", "since": "2026-11-24T09:15:00+00:00", "fault": "outage"}'
    )

    report = told(browser)

    assert (report["parked"], report["parked_by_outage"]) == (0, 1)
    assert sentences(report) == [
        "Leads parked by an outage: 1. They go on by themselves once HubSpot takes writes again. "
        "See: router parked"
    ]


def test_overdue_leads_are_counted_and_no_problem_of_the_service(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    an_hour_ago_ms = (time.time() - 3600) * 1000
    redis_client.zadd(keys.overdue, {"501": an_hour_ago_ms, "502": an_hour_ago_ms + 1_000_000})

    report = told(browser)
    page = metrics(browser)

    assert (report["overdue"], sentences(report)) == (2, [])
    assert 3600 <= report["overdue_for_s"] < 3660
    assert "lead_router_overdue_leads 2.0" in page
    assert "lead_router_overdue_oldest_seconds 36" in page


def test_a_lead_that_waits_too_long_is_a_problem(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    _wait_in(keys.inbox, redis_client, waited_s=PATIENCE_S + 15)
    _made_progress(keys, redis_client, ago_s=1)

    answer = browser.get("/health", headers=WITH_TOKEN)

    assert answer.status_code == 503
    (problem,) = sentences(answer.json)
    assert problem.startswith("The oldest lead in the inbox has waited 75 s.")


def test_housekeeping_may_take_its_time(browser: FlaskClient, redis_client: redis.Redis, keys: Keys) -> None:
    _wait_in(keys.inbox_low, redis_client, waited_s=3600)
    _made_progress(keys, redis_client, ago_s=5)

    assert browser.get("/health", headers=WITH_TOKEN).status_code == 200


def test_a_pause_for_access_is_a_problem_and_another_pause_a_warning(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    budget = CallBudget(redis_client, keys, calls_per_10s=100, searches_per_s=5, calls_per_day=1000)
    budget.pause("HubSpot answered 429", timedelta(seconds=10))
    limited = browser.get("/health", headers=WITH_TOKEN)
    budget.resume()
    budget.pause("HubSpot refuses our access token (401)", timedelta(hours=1))
    refused = browser.get("/health", headers=WITH_TOKEN)

    assert (limited.status_code, refused.status_code) == (200, 503)
    assert sentences(limited.json)[0].endswith(" s more: HubSpot answered 429")
    assert sentences(refused.json)[0].startswith("All HubSpot calls are paused: HubSpot refuses our access")
    assert refused.json["pause"]["since"] and refused.json["pause"]["until"]


def test_a_mistake_in_the_rule_files_is_a_warning_with_its_place(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    repository = RulesRepository(redis_client, keys)
    repository.publish("r1", {"routing.yaml": b"rules: []"}, at=datetime(2026, 11, 21, tzinfo=UTC), bounds={})
    repository.complain([{"file": "routing.yaml", "line": 12, "column": 14, "message": "there is no team"}])

    answer = browser.get("/health", headers=WITH_TOKEN)

    assert answer.status_code == 200
    assert answer.json["rules_revision"] == "r1"
    assert sentences(answer.json) == ["routing.yaml:12:14: there is no team (the last good rules stay live)"]


def test_a_rep_far_from_their_fair_share_is_a_warning(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    close = {"credit:est:sophie": "-1990000000", "credit:est:nadia": "1990000000"}
    far = {
        "credit:idf:camille": "2600000000",
        "credit:idf:hugo": "-1300000000",
        "credit:idf:lea": "-1300000000",
    }
    redis_client.hset(keys.book, mapping={"version": "7", "open:hugo": "3", **close, **far})

    health, page = browser.get("/health", headers=WITH_TOKEN), browser.get("/metrics", headers=WITH_TOKEN)

    assert health.status_code == 200
    assert sentences(health.json) == [
        "camille is 2.6 leads behind the fair share of idf, more than 2. See: router fairness --team idf"
    ]
    assert 'lead_router_fairness_difference_leads{team="idf"} 2.6' in page.text
    assert 'lead_router_fairness_difference_leads{team="est"} 1.99' in page.text


def test_a_team_that_shares_by_load_warns_of_nobody(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.hset(
        keys.book, mapping={"credit:idf:hugo": "-9300000000", "credit:est:nadia": "-9300000000"}
    )
    RulesRepository(redis_client, keys).publish(
        "r1", {}, at=datetime.now(UTC), bounds={"idf": Bound(most=None), "est": Bound()}
    )

    (warning,) = found(browser, "unfair")

    assert warning.startswith("nadia is 9.3 leads ahead of the fair share of est, more than 2.")


def test_a_team_that_shares_by_value_is_measured_by_its_largest_lead(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    before = {"credit:idf:lea": "-9000000000", "credit:est:nadia": "0"}
    points = {"points:idf:camille": "-401000000000", "points:idf:hugo": "401000000000", "largest:idf": "200"}
    redis_client.hset(keys.book, mapping={**before, **points, "points:sud:ines": "-300000000000"})
    redis_client.hset(keys.book, "largest:sud", "150")
    bounds = {"idf": Bound("points"), "est": Bound(), "sud": Bound("points")}
    RulesRepository(redis_client, keys).publish("r1", {}, at=datetime.now(UTC), bounds=bounds)

    (warning,), page = found(browser, "unfair"), metrics(browser)

    assert warning.startswith("camille is 401.0 points ahead of the fair share of idf, more than 400.")
    assert 'lead_router_fairness_difference_points{team="sud"} 300.0' in page
    assert 'lead_router_fairness_difference_leads{team="idf"}' not in page


@pytest.mark.parametrize(("waited_s", "warned"), [(60, False), (700, True)])
def test_changes_that_nobody_looks_at_are_a_warning(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys, waited_s: float, warned: bool
) -> None:
    redis_client.zadd(keys.changed, {"501": (time.time() - waited_s) * 1000, "502": time.time() * 1000})

    report, page = told(browser), browser.get("/metrics", headers=WITH_TOKEN)

    assert report["changed"] == 2
    assert "lead_router_changed_leads 2.0" in page.text
    assert any("2 leads in HubSpot" in warning for warning in sentences(report)) == warned


def test_a_night_that_does_not_end_is_a_warning_and_one_that_ended_is_none(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.set(keys.night_ended, (datetime.now(UTC) - timedelta(hours=20)).isoformat())
    fine = told(browser)
    redis_client.set(keys.night_ended, (datetime.now(UTC) - timedelta(hours=31)).isoformat())

    late = told(browser)

    assert sentences(fine) == []
    assert late["status"] == "degraded"
    assert "No night has ended since" in sentences(late)[0]
    assert b"lead_router_last_night_seconds" in browser.get("/metrics", headers=WITH_TOKEN).data


def test_a_plan_that_waits_for_approval_is_a_warning_with_its_remedy(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    NightPlan(redis_client, keys).hold(PlanAwaitingApproval("2026-11-24", "abc", "count", 412, 200, 9_000))

    held = told(browser)

    assert "412 leads, more than 200" in sentences(held)[0]
    assert "router sweep --approve" in sentences(held)[0]
    assert b"lead_router_night_held_leads 412.0" in browser.get("/metrics", headers=WITH_TOKEN).data


@pytest.mark.parametrize(("billionths", "warns"), [(6_900_000_000, False), (7_100_000_000, True)])
def test_what_waits_for_those_who_are_away_is_part_of_the_bound(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys, billionths: int, warns: bool
) -> None:
    redis_client.hset(keys.book, mapping={"credit:idf:lea": str(billionths)})
    RulesRepository(redis_client, keys).publish(
        "r1", {}, at=datetime.now(UTC), bounds={"idf": Bound(waiting=5)}
    )

    assert bool(found(browser, "unfair")) == warns


def test_the_last_word_of_a_process_is_dropped_after_a_day(redis_client: redis.Redis, keys: Keys) -> None:
    _made_progress(keys, redis_client, ago_s=2, process="alive")
    _made_progress(keys, redis_client, ago_s=25 * 3600, process="gone")

    reading = Vitals(redis_client, keys).read()

    assert {"alive"} < {one.process for one in reading.progress}
    assert "gone" not in {one.process for one in reading.progress}
    assert not redis_client.hexists(keys.progress, "gone")


def test_metrics_tell_the_same_in_every_process(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.delete(keys.progress)
    Inbox(redis_client, keys).append([("501", 1), ("502", 1)], (), 3)
    _made_progress(keys, redis_client, ago_s=5)

    page = browser.get("/metrics", headers=WITH_TOKEN)

    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/plain")
    lines = page.text.splitlines()
    assert "lead_router_redis_up 1.0" in lines
    assert "lead_router_inbox_leads 2.0" in lines
    assert "lead_router_events_accepted_total 2.0" in lines
    assert "lead_router_events_ignored_total 13.0" in lines
    (silent,) = (
        float(line.split()[1]) for line in lines if line.startswith("lead_router_last_progress_seconds ")
    )
    assert silent == pytest.approx(5, abs=3)


def _wait_in(stream: str, client: redis.Redis, *, waited_s: float) -> None:
    client.xadd(stream, {"c": "500", "t": "1"}, id=f"{int((time.time() - waited_s) * 1000)}-0")


def _made_progress(keys: Keys, client: redis.Redis, *, ago_s: float, process: str = "worker-1") -> None:
    client.hset(keys.progress, process, json.dumps({"at": time.time() - ago_s, "did": "routed 100 leads"}))
