"""HTTP connections for webhooks, pinned to a public IP address.

A webhook is a URL that a person wrote into a file, so it must not become a way into the private network. The
name is resolved once, every address is checked, and the connection goes to the checked address: a name that
resolves differently a moment later gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from router.notify.conversation import Conversation
from router.notify.errors import NotDelivered
from router.notify.public_addresses import is_public


def public_address(host: str, port: int, *, allow_private: bool) -> str:
    """The IP address to connect to. Raises `NotDelivered` if there is none, or one that is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotDelivered(f"The webhook's host cannot be found ({error.strerror or error}).") from None
    except UnicodeError:
        raise NotDelivered("The webhook's host cannot be found (it is no name of a host).") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(is_public(address) for address in addresses):
        raise NotDelivered(
            "The webhook's host is inside a private network. If that is meant, set NOTIFY_ALLOW_PRIVATE=true."
        )
    return addresses[0]


class PinnedAdapter(HTTPAdapter):
    """Connects to one address that was checked, and still verifies the certificate of the name.

    The conversation guards every connection, so that it ends in time.
    """

    def __init__(self, address: str, conversation: Conversation) -> None:
        super().__init__(max_retries=0)
        self._address = address
        self._conversation = conversation

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - the signature is requests' own
        cert: Any = None,
    ) -> HTTPConnectionPool:
        """The connection for a request; requests calls this."""
        parts = urlsplit(request.url or "")
        host, options = self.build_connection_pool_key_attributes(
            request, True if verify is None else verify, cert
        )
        names = {"server_hostname": parts.hostname, "assert_hostname": parts.hostname}
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(
            **{**host, "host": self._address},
            pool_kwargs={**options, **(names if parts.scheme == "https" else {})},
        )
        pool.ConnectionCls = _guarded(pool.ConnectionCls, self._conversation)
        return pool


def _guarded(kind: type[Any], conversation: Conversation) -> type[Any]:
    class Guarded(kind):  # type: ignore[misc]
        """A connection that the conversation can shut; urllib3 has no deadline for a whole request."""

        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()
            return conversation.guard(connection)

        def connect(self) -> None:
            super().connect()
            conversation.establish()

    return Guarded
