"""The services of a whole portal for a command; commands that only need Redis start faster without."""

from __future__ import annotations

from router.bootstrap import open_services
from router.cli.shared.context import settings_here
from router.cli.shared.time import clock_here
from router.routing.portal.services import Services
from router.store.clients import redis_url, text_client


def services_here() -> Services:
    """The services of the settings' portal. Raises `SettingsInvalid`, or what Redis and the ledger raise."""
    settings = settings_here()
    client = text_client(redis_url(settings))
    client.ping()  # now, rather than in the middle of something
    return open_services(settings, client, clock=clock_here())


def services_with_rules() -> Services:
    """The same services, with the rules that are live now."""
    services = services_here()
    services.rules.refresh()
    return services
