"""A delivery is acknowledged once it is kept, and never otherwise."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from router.store.embedded import EmbeddedValkey
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.web.receiver import MAX_BODY_BYTES
from tests.world.deliveries import Bell, a_browser, an_event, body_of, created, signed
from tests.world.slow_start import loading

DOOR = "/webhooks/hubspot"


def test_an_acknowledged_delivery_is_in_the_inbox(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    answer = _post(browser, created(501, 502))

    assert answer.status_code == 200
    leads = [fields for _, fields in redis_client.xrange(keys.inbox)]
    assert leads == [{"c": "501", "t": "1744159176740"}, {"c": "502", "t": "1744159176740"}]


def test_an_erasure_is_kept(browser: FlaskClient, redis_client: redis.Redis, keys: Keys) -> None:
    answer = _post(browser, created(501, subscriptionType="contact.privacyDeletion"))

    assert answer.status_code == 200
    assert redis_client.smembers(keys.erasures) == {"501"}


def test_what_is_none_of_our_business_is_acknowledged_and_counted(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys
) -> None:
    answer = _post(browser, created(501, subscriptionType="deal.creation"))

    assert answer.status_code == 200
    assert redis_client.hgetall(keys.counts) == {"events_ignored": "1", "deliveries": "1"}
    assert not redis_client.exists(keys.inbox)


def test_what_people_change_of_our_leads_is_kept_and_wakes_nobody(
    browser: FlaskClient, redis_client: redis.Redis, keys: Keys, bell: Bell
) -> None:
    redis_client.hset(keys.lead("501"), "st", "queued")
    change = an_event() | {"subscriptionType": "object.propertyChange", "propertyName": "hubspot_owner_id"}
    change |= {"propertyValue": "71480101", "changeSource": "CRM_UI", "sourceId": "userId:75514748"}

    answer = _post(browser, body_of(change, change | {"objectId": 502}))

    assert answer.status_code == 200
    assert redis_client.zrange(keys.changed, 0, -1) == ["501"]
    assert bell.rings == 0


def test_a_merge_of_our_leads_is_kept(browser: FlaskClient, redis_client: redis.Redis, keys: Keys) -> None:
    redis_client.hset(keys.lead("501"), "st", "done")
    merge = an_event() | {"subscriptionType": "object.merge", "objectTypeId": "0-1", "changeFlag": "MERGED"}
    merge |= {"primaryObjectId": 501, "mergedObjectIds": [502], "newObjectId": 509}

    answer = _post(browser, body_of(merge))

    assert answer.status_code == 200
    assert redis_client.zrange(keys.merged, 0, -1) == ["501"]


def test_one_wake_up_serves_a_burst(browser: FlaskClient, bell: Bell) -> None:
    for _ in range(3):
        _post(browser, created(501))

    assert bell.rings == 1


@pytest.mark.parametrize(
    "error", [redis.ConnectionError("down"), redis.TimeoutError("slow"), OSError("gone")]
)
def test_a_wake_up_that_fails_changes_nothing(
    browser: FlaskClient, bell: Bell, redis_client: redis.Redis, keys: Keys, error: Exception
) -> None:
    bell.error = error

    answer = _post(browser, created(501))

    assert answer.status_code == 200
    assert redis_client.xlen(keys.inbox) == 1


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"X-HubSpot-Signature-v3": "AAAA"}, 401, "does not match"),
        ({"X-HubSpot-Request-Timestamp": "1"}, 401, "5 minutes"),
        ({"Content-Type": "text/plain"}, 415, "application/json"),
        ({"Content-Type": ""}, 415, "application/json"),
        ({"Content-Encoding": "gzip"}, 415, "Content-Encoding"),
    ],
)
def test_a_wrong_header_is_refused_in_one_sentence_and_counted(
    browser: FlaskClient,
    redis_client: redis.Redis,
    keys: Keys,
    bell: Bell,
    changed: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    body = created(501)

    answer = browser.post(DOOR, data=body, headers=signed(body) | changed, buffered=True)

    _is_refused(answer, status=status, sentence=sentence)
    assert not redis_client.exists(keys.inbox)
    assert redis_client.hgetall(keys.counts) == {f"refused_{status}": "1"}
    assert bell.rings == 0


def test_a_signed_body_that_is_no_delivery_is_refused(browser: FlaskClient) -> None:
    _is_refused(_post(browser, b"[" * 100_000), status=400, sentence="not JSON")


def test_an_unsigned_body_is_not_even_parsed(browser: FlaskClient) -> None:
    answer = browser.post(DOOR, data=b"[" * 100_000, content_type="application/json")

    _is_refused(answer, status=401, sentence="X-HubSpot-Signature-v3")


def test_the_largest_body_is_taken_and_one_byte_more_is_not(browser: FlaskClient) -> None:
    event = an_event() | {"padding": ""}
    room = MAX_BODY_BYTES - len(body_of(event))

    largest = _post(browser, body_of(event | {"padding": "x" * room}))
    too_large = _post(browser, body_of(event | {"padding": "x" * (room + 1)}))

    assert largest.status_code == 200
    _is_refused(too_large, status=413, sentence="512 KiB")


def test_a_chunked_body_that_is_too_large_is_refused_and_not_cut(browser: FlaskClient) -> None:
    # The first 512 KiB are a good delivery by themselves: cutting would accept them.
    good = created(501)
    good += b" " * (MAX_BODY_BYTES - len(good))

    answer = browser.post(
        DOOR,
        input_stream=io.BytesIO(good + b" "),
        headers=signed(good),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    _is_refused(answer, status=413, sentence="512 KiB")


def test_a_redis_that_is_down_means_send_it_again(valkey: EmbeddedValkey, keys: Keys, bell: Bell) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    browser = a_browser(client, keys, bell)
    valkey.kill()

    refused = _post(browser, created(501))
    valkey.start()
    accepted = _post(browser, created(501))

    _is_refused(refused, status=503, sentence="send it again")
    assert accepted.status_code == 200


def test_a_redis_that_reads_its_data_means_send_it_again(tmp_path: Path, keys: Keys, bell: Bell) -> None:
    with loading(tmp_path) as server:
        browser = a_browser(redis.Redis.from_url(server.url, decode_responses=True), keys, bell)

        refused, health = _post(browser, created(501)), browser.get("/health")

        _is_refused(refused, status=503, sentence="send it again")
        assert refused.headers["Retry-After"] == "10"
        assert health.status_code == 503
        assert health.json["redis"] == "loading"
        assert health.json["conditions"] == {"redis_loading": 1}


def test_a_redis_that_is_full_means_send_it_again(valkey: EmbeddedValkey, keys: Keys, bell: Bell) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    browser = a_browser(client, keys, bell)
    client.config_set("maxmemory", "1")

    refused = _post(browser, created(501))
    client.config_set("maxmemory", "0")

    _is_refused(refused, status=503, sentence="send it again")
    assert not Inbox(client, keys).waiting().is_any


@pytest.mark.parametrize(
    "order", [("replicaof", "127.0.0.1", "1"), ("config", "set", "min-replicas-to-write", "1")]
)
def test_a_redis_that_takes_no_writes_means_send_it_again(
    valkey: EmbeddedValkey, keys: Keys, bell: Bell, order: tuple[str, ...]
) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    browser = a_browser(client, keys, bell)
    client.execute_command(*order)

    _is_refused(_post(browser, created(501)), status=503, sentence="send it again")


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/", 404, "nothing at this address"),
        ("GET", DOOR, 405, "does not take that method"),
        ("PUT", DOOR, 405, "does not take that method"),
        ("POST", "/health", 405, "does not take that method"),
    ],
)
def test_a_wrong_address_answers_in_one_sentence(
    browser: FlaskClient, method: str, path: str, status: int, sentence: str
) -> None:
    _is_refused(browser.open(path, method=method), status=status, sentence=sentence)


def test_a_head_request_has_no_body(browser: FlaskClient) -> None:
    assert browser.head("/health").data == b""
    assert browser.head(DOOR).status_code == 405


def test_every_answer_forbids_browsers_to_do_anything_with_it(browser: FlaskClient) -> None:
    answers = [_post(browser, created(501)), _post(browser, b"x"), browser.get("/"), browser.get("/health")]

    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"


def _post(browser: FlaskClient, body: bytes) -> TestResponse:
    return browser.post(DOOR, data=body, headers=signed(body), buffered=True)


def _is_refused(answer: TestResponse, *, status: int, sentence: str) -> None:
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    assert sentence in answer.json["error"]
