"""The channels that an installation sends messages through: chat webhooks and a mail server."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.notify.chat import Chat
from router.notify.mail import Mail
from router.notify.turns import Turns


@dataclass(frozen=True, slots=True)
class Channels:
    """Chat webhooks (none may be configured), and the mail server; `mail` is None if no mail is sent.

    `turns` are the neighbours that this process speaks to now.
    """

    chat: Chat
    mail: Mail | None
    turns: Turns = field(default_factory=Turns, compare=False)
