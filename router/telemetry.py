"""The log: one line per event, JSON for machines, colours for a terminal, never a secret."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, Literal, TextIO

import orjson
import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from router.repeated import RepeatsOfLibraries
from router.security.hidden import HIDDEN, hidden
from router.security.visible import in_json, one_line, visible

Form = Literal["auto", "json", "console"]

_LOUD: Final = (
    "alembic",
    "rq",
    "rq.worker",
    "waitress",
    "werkzeug",
    "urllib3",
    "hubspot",
    "redis",
    "sqlalchemy",
    "asyncio",
)
"""Chatty libraries; only their warnings are logged."""
_LOUDER: Final = ("waitress.queue",)
"""Warns of every request that waits a moment for a thread."""
_ENCODER: Final = json.JSONEncoder(default=str, separators=(",", ":"))
_AS_TEXT: Final = (
    orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""What JSON does not know is written as text, as by `_ENCODER`."""
_EMAIL: Final = re.compile(
    r"(?<![^\s\"'<>=:/@,;])[^\s\"'<>=:/@,;]++(?:@[\w-]++(?:\.[\w-]++)++[^\s\"'<>=:/@,;]*+)+"
)
"""Addresses with what is written right behind them. It begins at the beginning of a word and never goes back,
so a long text costs as many steps as it has characters."""


def set_up_logging(
    *,
    form: Form = "auto",
    level: str = "info",
    secrets: Iterable[SecretStr] = (),
    stream: TextIO | None = None,
) -> None:
    """Send structlog's and the standard library's lines to `stream` (stderr: stdout is for answers).

    `form` "auto" means colours on a terminal and JSON elsewhere. Any of `secrets` in a message or a traceback
    is removed, and so is every e-mail address. Safe to repeat.
    """
    stream = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    on_terminal = form == "console" or (form == "auto" and stream.isatty())
    hidden.set(secrets)
    render: list[Processor] = [*_renderers(on_terminal=on_terminal), _without_secrets]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,  # a logger made before this call must follow it too
    )
    _route_standard_library(shared, render, stream=stream, threshold=threshold)


def _renderers(*, on_terminal: bool) -> list[Processor]:
    # Both of structlog's prettier traceback renderers print local variables, secrets among them.
    if on_terminal:
        return [_visible_values, structlog.dev.ConsoleRenderer(exception_formatter=_visible_traceback)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_as_json),
    ]


def _visible_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Each value on one line, with control characters written out: a terminal obeys none but our colours."""
    return {
        name: value if name == "exc_info" else one_line(value) if isinstance(value, str) else _repr(value)
        for name, value in event.items()
    }


def _repr(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else one_line(repr(value))


def _visible_traceback(stream: TextIO, exc_info: Any) -> None:
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exc_info)
    stream.write(visible(plain.getvalue()))


def _as_json(event: EventDict, **_: Any) -> str:
    # Every lead has its line. orjson makes it in a tenth of the time, but raises for large numbers and half a
    # surrogate pair, and leaves other alphabets as they are: a log line is ASCII, and never raises.
    with suppress(orjson.JSONEncodeError):
        line = orjson.dumps(event, default=str, option=_AS_TEXT)
        if line.isascii():
            return in_json(line.decode())
    return in_json(_ENCODER.encode(event))


def _route_standard_library(
    shared: list[Processor], render: list[Processor], *, stream: TextIO, threshold: int
) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, _name_the_library],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )
    outlet = logging.StreamHandler(stream)
    outlet.setFormatter(formatter)
    outlet.addFilter(RepeatsOfLibraries())
    root = logging.getLogger()
    root.handlers = [outlet]
    root.setLevel(threshold)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    for name in _LOUDER:
        logging.getLogger(name).setLevel(logging.ERROR)


def _name_the_library(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["library"] = record.name
    return event


def _without_secrets(_: WrappedLogger, __: str, line: Any) -> str:
    """The last step of every line: neither secrets nor e-mail addresses."""
    text = hidden.without(str(line))
    return _EMAIL.sub(HIDDEN, text) if "@" in text else text
