"""Where a command works: the desk of the portal that the environment names."""

from __future__ import annotations

import re

import click

from router.bootstrap import open_desk, redis_url, text_client
from router.routing.desk import Desk
from router.settings import Settings, read_settings
from router.telemetry import set_up_logging


def settings_here() -> Settings:
    """The settings, and a log that only speaks of errors: stdout is for answers."""
    settings = read_settings()
    set_up_logging(form=settings.log_format, level="error", secrets=settings.secrets)
    return settings


def desk_here() -> Desk:
    """The routing desk. Raises `SettingsInvalid`, or what Redis and the ledger raise."""
    settings = settings_here()
    client = text_client(redis_url(settings))
    client.ping()  # now, rather than in the middle of something
    return open_desk(settings, client)


def contact_id(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """The number of a HubSpot contact from what was typed; the address of its page will do."""
    found = re.fullmatch(r"(?:https://\S+/(?:contact|record/0-1)/)?([1-9][0-9]{0,19})/?", value.strip())
    if found is None:
        raise click.BadParameter(f"'{value}' is no contact id. It is the number in the address of its page.")
    return found[1]
