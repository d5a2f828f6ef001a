"""`python -m router.web`: settings from the environment, Redis, application, server."""

from __future__ import annotations

import sys

from router.security.printing import complain, guard_tracebacks
from router.security.private_files import NotPrivate
from router.settings import Settings, SettingsInvalid, read_settings
from router.store.clients import receiver_client, redis_url
from router.store.embedded import EmbeddedServerError
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.telemetry import set_up_logging
from router.wakeups import WakeUps
from router.web.app import create_app
from router.web.http.connections import Limits
from router.web.lazy_services import lazy_services
from router.web.serve import serve


def main() -> int:
    """Run until SIGTERM. Exit code 2 if a setting is missing or wrong, 1 if our own Redis cannot start."""
    guard_tracebacks()
    try:
        settings = read_settings()
        settings.close_var_dir()
    except (SettingsInvalid, NotPrivate) as error:
        complain(error)  # there is no log before there are settings
        return 2
    set_up_logging(form=settings.log_format, level=settings.log_level, secrets=settings.secrets)
    try:
        url = redis_url(settings)
    except EmbeddedServerError as error:
        complain(error)  # a sentence for the person who started it
        return 1
    _serve(settings, url)
    return 0


def _serve(settings: Settings, url: str) -> None:
    keys = Keys(settings.hubspot_portal_id)
    client = receiver_client(url, decode=True)
    wake_ups = WakeUps(receiver_client(url, decode=False), settings.hubspot_portal_id)
    app = create_app(
        settings=settings,
        inbox=Inbox(client, keys),
        wake=wake_ups.drain,
        vitals=Vitals(client, keys, calls_per_day=settings.hubspot_calls_per_day),
        services=lazy_services(settings, url),
    )
    limits = Limits(
        request_s=settings.request_deadline_s,
        connections=settings.max_connections,
        per_client=settings.max_connections_per_client,
    )
    serve(app, host=settings.host, port=settings.port, limits=limits)


if __name__ == "__main__":
    sys.exit(main())
