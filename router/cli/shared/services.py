"""How a command gets a whole routing desk; those that only look at Redis do without, and start faster."""

from __future__ import annotations

from router.bootstrap import open_services
from router.cli.shared.context import settings_here
from router.routing.portal.services import Services
from router.store.clients import redis_url, text_client


def services_here() -> Services:
    """The desk of the settings' portal. Raises `SettingsInvalid`, or what Redis and the ledger raise."""
    settings = settings_here()
    client = text_client(redis_url(settings))
    client.ping()  # now, rather than in the middle of something
    return open_services(settings, client)


def services_with_rules() -> Services:
    """The same desk, with the rules that are live now."""
    services = services_here()
    services.rules.refresh()
    return services
