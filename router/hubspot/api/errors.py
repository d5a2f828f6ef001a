"""What can go wrong with HubSpot, drawn as one tree.

    HubSpotError
    ├── ComeBackLater        nothing was changed; come back after `retry_after_s`
    │   ├── RateLimited      HubSpot, or our own call budget, has no room now
    │   ├── Locked           HubSpot works on these records itself (423, 477)
    │   └── Paused           every call of the portal waits: `reason`, `until`
    ├── Unreachable          a read brought nothing usable; reading again is safe
    ├── NotSent              the caller's permit ran out before the call went out; nothing was changed
    ├── OutcomeUnknown       a write may or may not have been applied; read before writing again
    ├── Refused              HubSpot understood and said no (400, 409): `category`, `property`
    ├── NotFound             there is no such record or property (404)
    └── AccessDenied         the token is wrong or lacks a scope (401, 403); all calls are paused

Messages are for people. They never carry the token, nor what a contact's properties say.
"""

from __future__ import annotations

from datetime import datetime


class HubSpotError(Exception):
    """HubSpot, or the connection to it, did not do what was asked."""


class ComeBackLater(HubSpotError):
    """Nothing was changed, and the same call has a chance after `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(ComeBackLater):
    """There is no room for this call now."""


class Locked(ComeBackLater):
    """HubSpot is at work on the records itself."""


class Paused(ComeBackLater):
    """Every call of the portal waits until `until`, for `reason`."""

    def __init__(self, reason: str, *, until: datetime, retry_after_s: float) -> None:
        message = f"HubSpot calls are paused until {until:%Y-%m-%d %H:%M:%S} UTC: {reason}"
        super().__init__(message, retry_after_s=retry_after_s)
        self.reason = reason
        self.until = until


class Unreachable(HubSpotError):
    """A read brought no usable answer; nothing can have changed."""


class NotSent(HubSpotError):
    """The caller no longer wanted the call when it was about to go out; nothing was changed."""


class OutcomeUnknown(HubSpotError):
    """A write was sent and no usable answer came back: it may be applied, now or later."""


class Refused(HubSpotError):
    """HubSpot understood the call and refuses it; the same call will be refused again."""

    def __init__(self, message: str, *, category: str = "", property_name: str = "") -> None:
        super().__init__(message)
        self.category = category
        self.property = property_name


class NotFound(HubSpotError):
    """HubSpot has no such record or property."""


class AccessDenied(HubSpotError):
    """HubSpot refuses our token, or a scope is missing."""
