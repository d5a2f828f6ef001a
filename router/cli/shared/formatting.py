"""The format of counts, times and whole answers."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo

import orjson

from router.cli.shared.output import say
from router.security.visible import in_json


def count_of(number: int, one: str, several: str = "") -> str:
    """`1 rule`, `12 rules`."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def local_time(moment: datetime | str, zone: tzinfo | None = None) -> str:
    """`2026-11-24 10:15:03` in the zone, this machine's by default. Takes ISO text too."""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def print_json(facts: object) -> None:
    """Print one JSON document for machines."""
    try:
        document = orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    except (
        TypeError
    ):  # half a surrogate pair, from an argument that is not UTF-8: only the slow way writes it
        document = json.dumps(facts, indent=2, default=str)
    say(in_json(document))
