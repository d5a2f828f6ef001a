"""What can go wrong on the way to a chat, drawn as one tree.

    NotifyError
    ├── NotDelivered     nothing arrived; trying again later is safe
    └── Unclear          it may have arrived: nobody answered in time, so it is not sent again

Messages are for people. They never carry a webhook's address, which is a secret.
"""

from __future__ import annotations


class NotifyError(Exception):
    """A message did not certainly arrive."""


class NotDelivered(NotifyError):
    """The message certainly did not arrive; `soon` says that another try at once may help."""

    def __init__(self, message: str, *, soon: bool = False) -> None:
        super().__init__(message)
        self.soon = soon


class Unclear(NotifyError):
    """The message went out and nobody said what became of it."""
