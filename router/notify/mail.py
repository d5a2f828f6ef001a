"""Mail: sending a report once through one SMTP server, never with a password in the clear."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from router.notify.conversation import Conversation, TooLate
from router.notify.errors import NotDelivered, Rejected, Unclear

DEADLINE_S: Final = 30.0
"""One mail, from looking up the server's name to its last answer."""
ANSWER_S: Final = 10.0
PORTS: Final = {"smtp": 587, "smtps": 465}
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Letter(Struct, frozen=True):
    """A mail with the same text in plain and in HTML form."""

    subject: str
    text: str
    html: str


class Mail(Struct, frozen=True):
    """A mail server (`smtps://user:password@host`, or `smtp://` with STARTTLS), a sender and recipients."""

    url: str
    sender: str
    to: tuple[str, ...]
    deadline_s: float = DEADLINE_S

    def __repr__(self) -> str:
        return f"Mail(to {len(self.to)})"

    def send(self, letter: Letter) -> None:
        """Hand the mail to the server, within `deadline_s`, however slowly the server answers.

        Raises `NotDelivered` or `Unclear`, which name neither server nor password.
        """
        conversation = Conversation(self.deadline_s)
        try:
            conversation.run(lambda: self._send(letter, conversation))
        except TooLate as error:
            if error.established:
                raise Unclear(f"The mail server did not finish within {self.deadline_s:g} s.") from None
            raise NotDelivered("The mail server cannot be reached: no connection in time.") from None

    def _send(self, letter: Letter, conversation: Conversation) -> None:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = letter.subject, self.sender, ", ".join(self.to)
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="lead-router.invalid")
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        try:
            with self._server(conversation) as server:
                conversation.establish()
                server.send_message(message)
        except smtplib.SMTPAuthenticationError:
            raise Rejected("The mail server refuses the name or the password of SMTP_URL.") from None
        except smtplib.SMTPRecipientsRefused:
            raise Rejected("The mail server refuses everybody of NIGHT_MAIL_TO.") from None
        except ssl.SSLError:
            raise NotDelivered("The mail server's certificate is not good for its name.") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"The mail server did not take it ({type(error).__name__}).") from None

    def _server(self, conversation: Conversation) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        trusted = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = _GuardedTlsServer(conversation, host, port, context=trusted)
        else:
            server = _GuardedServer(conversation, host, port)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=trusted)
                server.ehlo()
            elif host not in _LOOPBACK:
                server.close()
                raise NotDelivered("The mail server offers no STARTTLS. Use one that does, or smtps://.")
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


class _GuardedServer(smtplib.SMTP):
    """An SMTP client whose connection the conversation can shut."""

    def __init__(self, conversation: Conversation, host: str, port: int, **options: Any) -> None:
        self._conversation = conversation
        super().__init__(host, port, timeout=ANSWER_S, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._conversation.guard(socket.create_connection((host, port), timeout))


class _GuardedTlsServer(smtplib.SMTP_SSL, _GuardedServer):
    """The same over TLS: `SMTP_SSL` wraps the guarded connection."""

    def __init__(self, conversation: Conversation, host: str, port: int, *, context: ssl.SSLContext) -> None:
        self._conversation = conversation
        smtplib.SMTP_SSL.__init__(self, host, port, timeout=ANSWER_S, context=context)
