"""The settings of the environment, and the contact id typed on the command line."""

from __future__ import annotations

import re

import click

from router.settings import Settings, read_settings
from router.telemetry import set_up_logging


def settings_here() -> Settings:
    """The settings, with a log that shows only errors: stdout is for answers."""
    settings = read_settings()
    settings.close_var_dir()
    set_up_logging(form=settings.log_format, level="error", secrets=settings.secrets)
    return settings


def contact_id(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """The id of a HubSpot contact from the typed text: the number, or the address of its page."""
    found = re.fullmatch(r"(?:https://\S+/(?:contact|record/0-1)/)?([1-9][0-9]{0,19})/?", value.strip())
    if found is None:
        raise click.BadParameter(f"'{value}' is no contact id. It is the number in the address of its page.")
    return found[1]
