"""Checking that a request comes from HubSpot and is recent, from its bytes and headers."""

from __future__ import annotations

import base64
import functools
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

MAX_SKEW: Final = timedelta(minutes=5)
_MAX_SKEW_MS: Final = MAX_SKEW / timedelta(milliseconds=1)
SIGNATURE_HEADERS: Final = (
    "X-HubSpot-Signature-v3",
    "X-HubSpot-Request-Timestamp",
    "X-HubSpot-Signature",
)
"""The headers of a request that `verify` reads."""

# HubSpot signs the address with exactly these decoded, and no others.
# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
_DECODED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


class SignatureInvalid(Exception):
    """The request does not prove that HubSpot sent it just now; answered with 401."""


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[SecretStr],
    public_url: str,
    now: datetime,
) -> None:
    """Raise `SignatureInvalid` unless `body` was signed for `public_url` with one of `secrets`, method POST.

    Only version 3 counts: its timestamp may be five minutes off, either way. HubSpot also sends the older
    versions, which can be replayed for ever.
    """
    signature, timestamp, old_signature = (_header(headers, name) for name in SIGNATURE_HEADERS)
    if signature is None:
        if old_signature is not None:
            raise SignatureInvalid("The request has an old signature only; X-HubSpot-Signature-v3 is needed.")
        raise SignatureInvalid("The request has no X-HubSpot-Signature-v3 header.")
    if timestamp is None or not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise SignatureInvalid(
            "The X-HubSpot-Request-Timestamp header is missing or not a time in milliseconds."
        )
    if abs(now.timestamp() * 1000 - int(timestamp)) > _MAX_SKEW_MS:
        raise SignatureInvalid(
            "The request was signed more than 5 minutes ago or ahead of now; check this machine's clock."
        )
    message = b"".join((b"POST", _signed_address(public_url), body, timestamp.encode("ascii")))
    claimed = signature.encode("utf-8", "replace")
    # Both secrets are always tried, so that the time taken does not show which one matched.
    matches = [hmac.compare_digest(_sign(message, secret), claimed) for secret in secrets]
    if not any(matches):
        raise SignatureInvalid(
            "The signature does not match; "
            "compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL with the app's settings."
        )


def _header(headers: Mapping[str, str], name: str) -> str | None:
    found = headers.get(name)
    if found is not None:
        return found
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


@functools.lru_cache(maxsize=16)
def _signed_address(public_url: str) -> bytes:
    codes = "|".join(_DECODED)
    return re.sub(codes, lambda code: _DECODED[code[0].upper()], public_url, flags=re.IGNORECASE).encode()


def _sign(message: bytes, secret: SecretStr) -> bytes:
    return base64.b64encode(hmac.digest(secret.get_secret_value().encode(), message, "sha256"))
