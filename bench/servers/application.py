"""The receiver's application for any web server, as WSGI (`app`) and as ASGI (`asgi_app`)."""

from __future__ import annotations

from typing import Any

from router.settings import read_settings
from router.store.clients import receiver_client, redis_url
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.telemetry import set_up_logging
from router.wakeups import WakeUps
from router.web.app import create_app
from router.web.one_core import stay_on_one_core

THREADS = 16


def _application() -> Any:
    settings = read_settings()
    set_up_logging(form=settings.log_format, level=settings.log_level, secrets=settings.secrets)
    url = redis_url(settings)
    keys = Keys(settings.hubspot_portal_id)
    client = receiver_client(url, decode=True)
    stay_on_one_core()
    return create_app(
        settings=settings,
        inbox=Inbox(client, keys),
        wake=WakeUps(receiver_client(url, decode=False), settings.hubspot_portal_id).drain,
        vitals=Vitals(client, keys),
    )


app = _application()


def __getattr__(name: str) -> Any:
    if name != "asgi_app":
        raise AttributeError(name)
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(app, workers=THREADS)
