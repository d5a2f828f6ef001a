"""Only HubSpot and only now: every other request is refused with a sentence that says why."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from router.hubspot.webhooks.signatures import SignatureInvalid, verify

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
URL = "https://leads.example.com/webhooks/hubspot"
SECRET = SecretStr("a-client-secret")

# hubspot-api-python, tests/spec/utils/test_signature.py
PUBLISHED = {
    "secret": SecretStr("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    "url": "https://www.example.com/webhook_uri",
    "body": b"{'example_field':'example_value'}",
    "timestamp": "1693657560000",
    "signature": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
}


def test_the_published_signature_is_accepted() -> None:
    verify(
        PUBLISHED["body"],
        {
            "X-HubSpot-Signature-v3": PUBLISHED["signature"],
            "X-HubSpot-Request-Timestamp": PUBLISHED["timestamp"],
        },
        secrets=[PUBLISHED["secret"]],
        public_url=PUBLISHED["url"],
        now=datetime.fromtimestamp(1693657560, UTC),
    )


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(seconds=300), timedelta(seconds=-300)])
def test_five_minutes_of_skew_are_fine(skew: timedelta) -> None:
    _check(b"[]", _signed(b"[]", at=NOW + skew))


@pytest.mark.parametrize("skew", [timedelta(seconds=301), timedelta(seconds=-301), timedelta(days=11_000)])
def test_a_delivery_from_another_time_is_refused(skew: timedelta) -> None:
    with pytest.raises(SignatureInvalid, match="5 minutes"):
        _check(b"[]", _signed(b"[]", at=NOW + skew))


def test_both_secrets_are_good_during_a_rotation() -> None:
    _check(b"[]", _signed(b"[]"), secrets=[SecretStr("old"), SECRET])
    _check(b"[]", _signed(b"[]"), secrets=[SECRET, SecretStr("new")])


def test_header_names_may_come_in_any_case() -> None:
    _check(b"[]", {name.upper(): value for name, value in _signed(b"[]").items()})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"X-HubSpot-Signature-v3": None}, "has no X-HubSpot-Signature-v3"),
        ({"X-HubSpot-Signature-v3": ""}, "does not match"),
        ({"X-HubSpot-Signature-v3": "é\udcff☃"}, "does not match"),
        ({"X-HubSpot-Signature-v3": "AAAA"}, "does not match"),
        ({"X-HubSpot-Request-Timestamp": None}, "Timestamp"),
        ({"X-HubSpot-Request-Timestamp": ""}, "Timestamp"),
        ({"X-HubSpot-Request-Timestamp": "-1"}, "Timestamp"),
        ({"X-HubSpot-Request-Timestamp": "١٢٣"}, "Timestamp"),
        ({"X-HubSpot-Request-Timestamp": "1" * 400}, "Timestamp"),
        ({"X-HubSpot-Request-Timestamp": "0"}, "5 minutes"),
    ],
)
def test_a_broken_header_is_refused_with_its_name(changed: dict[str, str | None], sentence: str) -> None:
    headers = {name: value for name, value in (_signed(b"[]") | changed).items() if value is not None}

    with pytest.raises(SignatureInvalid, match=sentence):
        _check(b"[]", headers)


def test_an_old_signature_alone_is_refused_even_if_it_is_right() -> None:
    body = b"[]"
    old = hashlib.sha256(SECRET.get_secret_value().encode() + body).hexdigest()
    headers = {"X-HubSpot-Signature": old, "X-HubSpot-Signature-Version": "v1"}

    with pytest.raises(SignatureInvalid, match="old signature only"):
        _check(body, headers)


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="does not match"):
        _check(b"[ ]", _signed(b"[]"))


def test_another_address_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="PUBLIC_WEBHOOK_URL"):
        _check(b"[]", _signed(b"[]", url="https://evil.example.com/webhooks/hubspot"))


def test_the_listed_characters_of_the_address_are_signed_decoded_and_no_others() -> None:
    configured = "https://leads.example.com/w%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B%20%26x?to=a%2Fb"
    signed = "https://leads.example.com/w:/?@!$'()*,;%20%26x?to=a/b"

    _check(b"[]", _signed(b"[]", url=signed), public_url=configured)


def test_no_refusal_shows_the_secret() -> None:
    with pytest.raises(SignatureInvalid) as caught:
        _check(b"[]", _signed(b"[]"), secrets=[SecretStr("canary-secret")])

    assert "canary-secret" not in str(caught.value)


@given(body=st.binary(), signature=st.text(), timestamp=st.text())
def test_any_headers_are_refused_and_never_crash(body: bytes, signature: str, timestamp: str) -> None:
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": timestamp}

    with pytest.raises(SignatureInvalid):
        _check(body, headers)


def _signed(body: bytes, *, at: datetime = NOW, url: str = URL) -> dict[str, str]:
    timestamp = str(int(at.timestamp() * 1000))
    message = b"POST" + url.encode() + body + timestamp.encode()
    signature = base64.b64encode(hmac.digest(SECRET.get_secret_value().encode(), message, "sha256"))
    return {"X-HubSpot-Signature-v3": signature.decode(), "X-HubSpot-Request-Timestamp": timestamp}


def _check(
    body: bytes, headers: dict[str, str], *, secrets: list[SecretStr] | None = None, public_url: str = URL
) -> None:
    verify(body, headers, secrets=secrets or [SECRET], public_url=public_url, now=NOW)
