"""When the portal says 429 or 401, and what its headers tell."""

from __future__ import annotations

from router.sandbox.http.client import SandboxClient
from tests.world.hubspot_app import App


def test_the_ten_second_window_refuses_and_its_headers_count_down(sandbox: SandboxClient, app: App):
    sandbox.settings(calls_per_10s=2, calls_per_day=1000)

    answers = [app.get("/crm/v3/owners") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-HubSpot-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "2"
    assert answers[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert answers[0].headers["X-HubSpot-RateLimit-Daily"] == "1000"
    assert answers[0].headers["X-HubSpot-RateLimit-Daily-Remaining"] == "999"
    refused = answers[2].json()
    assert refused["policyName"] == "TEN_SECONDLY_ROLLING"
    assert refused["errorType"] == "RATE_LIMIT"
    assert refused["message"] == "You have reached your ten_secondly_rolling limit."
    assert "Retry-After" not in answers[2].headers
    assert sandbox.calls()["endpoints"]["owners/list"] == {"200": 2, "429": 1}
    assert sandbox.calls()["busiest_10s"] == 2


def test_searches_have_a_limit_of_their_own_and_tell_nothing(sandbox: SandboxClient, app: App):
    sandbox.settings(searches_per_s=2, calls_per_10s=1)

    answers = [app.search() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[2].json()
    assert refused.keys() == {"status", "message", "correlationId", "category"}
    assert refused["message"] == "You have reached your secondly limit."
    assert not [name for name in answers[2].headers if "ratelimit" in name.lower()]
    assert app.get("/crm/v3/owners").status_code == 200


def test_the_day_ends_too(sandbox: SandboxClient, app: App):
    sandbox.settings(calls_per_day=1)

    answers = [app.get("/crm/v3/owners") for _ in range(2)]

    assert answers[1].status_code == 429
    assert answers[1].json()["policyName"] == "DAILY"
    assert answers[1].json()["message"] == "You have reached your daily limit."


def test_a_rotated_token_is_refused_until_the_new_one_comes(sandbox: SandboxClient, app: App):
    sandbox.settings(token="rotated")

    refused = app.get("/crm/v3/owners")
    admitted = App(sandbox.base_url, "rotated").get("/crm/v3/owners")

    assert refused.status_code == 401
    assert refused.json()["category"] == "INVALID_AUTHENTICATION"
    assert admitted.status_code == 200


def test_latency_delays_the_answer(sandbox: SandboxClient, app: App):
    sandbox.settings(latency_ms=120)

    assert app.get("/crm/v3/owners").elapsed.total_seconds() >= 0.12
