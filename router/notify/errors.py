"""Errors of delivering a message by chat or mail, as one tree.

    NotifyError
    ├── NotDelivered     nothing arrived; trying again later is safe
    │   └── Rejected     the receiver refuses this message, and would refuse it again
    └── Unclear          it may have arrived: no answer came in time, so it is not sent again

Messages are for people. They never carry a webhook's address, which is a secret.
"""

from __future__ import annotations


class NotifyError(Exception):
    """A message that did not certainly arrive."""


class NotDelivered(NotifyError):
    """The message certainly did not arrive; `soon` means that another try at once may help."""

    def __init__(self, message: str, *, soon: bool = False) -> None:
        super().__init__(message)
        self.soon = soon


class Rejected(NotDelivered):
    """The receiver understood and refuses: the same message will be refused again."""


class Unclear(NotifyError):
    """The message was sent, and no answer shows whether it arrived."""
