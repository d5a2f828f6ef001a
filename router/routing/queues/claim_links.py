"""Signed links in chat messages, with which one rep claims one lead for a limited time."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

LASTS: Final = timedelta(days=2)
WEBHOOKS: Final = "/webhooks/hubspot"
_LONGEST: Final = 1_000


class LinkInvalid(Exception):
    """The link has a wrong signature, was changed, or has expired; the message is a name of `claim_words`."""


class ClaimLink(Struct, frozen=True):
    """What a link allows: this rep may claim this contact out of the team's queue until `expires_at`."""

    team: str
    contact_id: str
    rep: str
    expires_at: datetime

    @property
    def made_at(self) -> datetime:
        """When the link was made, in whole seconds."""
        return self.expires_at - LASTS


def link_to(
    team: str, contact_id: str, *, rep: str, secret: str, public_webhook_url: str, now: datetime
) -> str:
    """The address of the page on which the rep claims the lead; valid for two days from `now`."""
    link = ClaimLink(team, contact_id, rep, now + LASTS)
    parts = urlsplit(public_webhook_url)
    below = parts.path.removesuffix(WEBHOOKS)
    return f"{parts.scheme}://{parts.netloc}{below}/claim/{signed(link, secret=secret)}"


def signed(link: ClaimLink, *, secret: str) -> str:
    """The link as text for an address, with its signature (HMAC-SHA-256)."""
    words = _words(link)
    return f"{_as_text(words)}.{_as_text(_seal(words, secret))}"


def opened(token: str, *, secret: str, now: datetime) -> ClaimLink:
    """The content of a link; raises `LinkInvalid`."""
    try:
        words, seal = (_as_bytes(part) for part in token[:_LONGEST].split("."))
    except (ValueError, binascii.Error):
        raise LinkInvalid("link_wrong") from None
    if not hmac.compare_digest(seal, _seal(words, secret)):
        raise LinkInvalid("link_wrong")
    team, contact_id, rep, expires = words.decode().split("|")
    link = ClaimLink(team, contact_id, rep, datetime.fromtimestamp(int(expires), UTC))
    if link.expires_at < now:
        raise LinkInvalid("link_old")
    return link


def _words(link: ClaimLink) -> bytes:
    parts = (link.team, link.contact_id, link.rep, str(int(link.expires_at.timestamp())))
    if any("|" in part for part in parts):
        raise ValueError("A team or rep with '|' in its name cannot have claim links.")
    return "|".join(parts).encode()


def _seal(words: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"lead-router claim\0" + words, "sha256")


def _as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _as_bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
