"""The web process's services, built at a rep's first request, so that receiving never waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from router.settings import Settings
from router.store.clients import text_client

if TYPE_CHECKING:  # loading routing takes longer than all else that the receiver needs
    from router.routing.portal.services import Services


def lazy_services(settings: Settings, url: str) -> Callable[[], Services]:
    """A function that returns the services, built once, with the rules as they are on disk now.

    Calling it raises what Redis or the ledger raise while they are down; the next call tries again.
    """
    lock = threading.Lock()
    opened: list[Services] = []

    def services() -> Services:
        from router.bootstrap import open_services
        from router.routing.portal.judge_apart import judge_apart

        with lock:
            if not opened:
                opened.append(open_services(settings, text_client(url), judging=judge_apart))
            opened[0].rules.refresh()
            return opened[0]

    return services
