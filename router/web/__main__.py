"""`python -m router.web`: settings from the environment, Redis, application, server."""

from __future__ import annotations

import sys

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from router.queue import WakeUps
from router.settings import Settings, SettingsInvalid, read_settings
from router.store.embedded import EmbeddedValkey
from router.store.inbox import Inbox
from router.store.keys import Keys
from router.store.vitals import Vitals
from router.telemetry import set_up_logging
from router.web.app import create_app
from router.web.serve import serve

CONNECT_S = 1.0
READ_S = 2.0


def main() -> int:
    """Run until SIGTERM. Exit code 2 if a setting is missing or wrong."""
    try:
        settings = read_settings()
    except SettingsInvalid as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log before there are settings
        return 2
    set_up_logging(form=settings.log_format, level=settings.log_level, secrets=settings.secrets)
    if settings.redis_url is not None:
        _serve(settings, settings.redis_url.get_secret_value())
        return 0
    with EmbeddedValkey(settings.var_dir / "valkey") as valkey:
        _serve(settings, valkey.url)
    return 0


def receiver_redis(url: str, *, decode: bool) -> redis.Redis:
    """A client that fails within 3 s, so that HubSpot hears 503 before it stops listening at 5 s.

    A connection that broke while it lay idle is made anew, once; a slow answer is not asked for again.
    """
    return redis.Redis.from_url(
        url,
        decode_responses=decode,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=READ_S,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def _serve(settings: Settings, redis_url: str) -> None:
    keys = Keys(settings.hubspot_portal_id)
    client = receiver_redis(redis_url, decode=True)
    wake_ups = WakeUps(receiver_redis(redis_url, decode=False), settings.hubspot_portal_id)
    app = create_app(
        settings=settings, inbox=Inbox(client, keys), wake=wake_ups.drain, vitals=Vitals(client, keys)
    )
    serve(app, host=settings.host, port=settings.port)


if __name__ == "__main__":
    sys.exit(main())
