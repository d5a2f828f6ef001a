"""Chat webhooks: the address of each rep, and posting one message, to a public host and without redirects."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from msgspec import Struct
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from router.notify.conversation import Conversation, TooLate
from router.notify.errors import NotDelivered, Rejected, Unclear
from router.notify.message import Kind, Message
from router.notify.night.night_message import NightMessage

if TYPE_CHECKING:
    import requests

DEADLINE_S: Final = 10.0
"""One message, both tries together, from looking up the host's name to the end of the answer's head."""
CONNECT_S: Final = 3.0
ANSWER_S: Final = 5.0
ATTEMPTS: Final = 2
DEFAULT: Final = "default"
_PASSING: Final = frozenset({408, 425, 429})
"""Statuses below 500 that say "later": all others of them refuse the message for good."""


class Address(Struct, frozen=True):
    """A webhook. `name` is the rep, the team or `default` that it stands for; the URL is never shown."""

    name: str
    kind: Kind
    url: str

    def __repr__(self) -> str:
        return f"Address({self.name}, {self.kind})"


class Delivered(Struct, frozen=True):
    """The chat accepted the message; `took_s` is the time of the request in seconds."""

    status: int
    took_s: float


class Chat:
    """The chat webhooks of one portal, by the name of a rep or a team, or `default`."""

    def __init__(
        self,
        addresses: Mapping[str, Address],
        *,
        allow_private: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._addresses = addresses
        self._allow_private = allow_private
        self._deadline_s = deadline_s
        self._retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, NotDelivered) and error.soon),
            wait=wait_random_exponential(multiplier=0.2, max=1),
            stop=stop_after_attempt(ATTEMPTS),
            sleep=sleep,
            reraise=True,
        )

    @property
    def is_known(self) -> bool:
        """True if any webhook is configured."""
        return bool(self._addresses)

    def address_of(self, rep: str | None, *, team: str | None = None) -> Address | None:
        """The rep's webhook: their own, their team's, the default one, or None."""
        for name in (rep, team, DEFAULT):
            if name is not None and name in self._addresses:
                return self._addresses[name]
        return None

    def send(self, address: Address, message: Message | NightMessage) -> Delivered:
        """Post the message; at most two tries, the second only when the first certainly did not arrive.

        Takes at most `deadline_s`, however slowly the chat answers. Raises `NotDelivered` or `Unclear`.
        """
        conversation = Conversation(self._deadline_s)
        try:
            return conversation.run(lambda: self._retrying(self._post, address, message, conversation))
        except TooLate as error:
            if error.established:
                raise Unclear(f"The chat did not answer within {self._deadline_s:g} s.") from None
            raise NotDelivered("The chat cannot be reached: no connection in time.") from None

    def _post(
        self, address: Address, message: Message | NightMessage, conversation: Conversation
    ) -> Delivered:
        # Not at the top: every command would wait a tenth of a second for a library that it never uses.
        import requests

        from router.notify.pinned_http import PinnedAdapter, public_address

        parts = urlsplit(address.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        ip = public_address(host, port, allow_private=self._allow_private)
        began = time.monotonic()
        with requests.Session() as session:
            session.trust_env = False  # use neither a proxy nor a .netrc of this machine
            session.mount(f"{parts.scheme}://", PinnedAdapter(ip, conversation))
            try:
                answer = session.post(
                    address.url,
                    json=message.body(address.kind),
                    headers={"Host": parts.netloc.rpartition("@")[2], "User-Agent": "lead-router"},
                    timeout=(CONNECT_S, ANSWER_S),
                    allow_redirects=False,
                    stream=True,  # the body of the answer is never needed, so it is not read
                )
            except requests.exceptions.ConnectTimeout:
                raise NotDelivered("The chat cannot be reached: no connection in time.", soon=True) from None
            except requests.exceptions.SSLError:
                raise NotDelivered("The chat's certificate is not good for its name.") from None
            except requests.exceptions.ConnectionError as error:
                if _never_connected(error):
                    raise NotDelivered("The chat cannot be reached: no connection.", soon=True) from None
                raise Unclear("The chat broke the connection instead of answering.") from None
            except requests.exceptions.RequestException as error:
                raise Unclear(f"The chat did not answer ({type(error).__name__}).") from None
        return _judged(answer.status_code, took_s=time.monotonic() - began)


def _judged(status: int, *, took_s: float) -> Delivered:
    if 200 <= status < 300:
        return Delivered(status, took_s)
    if 300 <= status < 400:
        raise Rejected(f"The chat answers with a redirect ({status}), which is not followed.")
    if status in _PASSING or status >= 500:
        raise NotDelivered(f"The chat has trouble or no room now (HTTP {status}).", soon=status >= 500)
    raise Rejected(f"The chat refuses the message (HTTP {status}). Is the webhook's address still right?")


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """True if not one byte was sent; urllib3 shows it by the class of the error."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError)
