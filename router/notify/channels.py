"""The channels that an installation sends messages through: chat webhooks and a mail server."""

from __future__ import annotations

from dataclasses import dataclass

from router.notify.chat import Chat
from router.notify.mail import Mail


@dataclass(frozen=True, slots=True)
class Channels:
    """Chat webhooks (none may be configured), and the mail server; `mail` is None if no mail is sent."""

    chat: Chat
    mail: Mail | None
