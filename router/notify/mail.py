"""Mail: sending a report once through one SMTP server, never with a password in the clear."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import unquote, urlsplit

from router.notify.errors import NotDelivered

ANSWER_S: Final = 10.0
PORTS: Final = {"smtp": 587, "smtps": 465}
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail with the same text in plain and in HTML form."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server (`smtps://user:password@host`, or `smtp://` with STARTTLS), a sender and recipients."""

    url: str
    sender: str
    to: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Mail(to {len(self.to)})"

    def send(self, letter: Letter) -> None:
        """Hand the mail to the server. Raises `NotDelivered`, which names neither server nor password."""
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = letter.subject, self.sender, ", ".join(self.to)
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="lead-router.invalid")
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        try:
            with self._server() as server:
                server.send_message(message)
        except smtplib.SMTPAuthenticationError:
            raise NotDelivered("The mail server refuses the name or the password of SMTP_URL.") from None
        except smtplib.SMTPRecipientsRefused:
            raise NotDelivered("The mail server refuses everybody of NIGHT_MAIL_TO.") from None
        except ssl.SSLError:
            raise NotDelivered("The mail server's certificate is not good for its name.") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"The mail server did not take it ({type(error).__name__}).") from None

    def _server(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        trusted = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=ANSWER_S, context=trusted)
        else:
            server = smtplib.SMTP(host, port, timeout=ANSWER_S)
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
