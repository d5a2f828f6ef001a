"""The ways out of a portal's installation: chat webhooks and the mail server."""

from __future__ import annotations

from dataclasses import dataclass

from router.notify.chat import Chat
from router.notify.mail import Mail


@dataclass(frozen=True, slots=True)
class Channels:
    """Chat webhooks (none may be configured), and the mail server; `mail` is None if nobody is mailed."""

    chat: Chat
    mail: Mail | None
