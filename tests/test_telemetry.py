"""A log line is one line, and neither a secret nor an e-mail address is in it."""

from __future__ import annotations

import io
import json
import logging
import re
import uuid
from datetime import UTC, datetime

import pytest
import structlog
from pydantic import SecretStr

from router.security.visible import visible
from router.store.leads.leads import State
from router.telemetry import set_up_logging

CANARY = 'canary-"quoted"-5b1f'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_machine_reads_json() -> None:
    out = _set_up()

    structlog.get_logger().info("lead.routed", contact_id="501", waited_s=1.8)

    (line,) = _lines(out)
    assert (line["event"], line["contact_id"], line["waited_s"]) == ("lead.routed", "501", 1.8)
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_a_person_reads_keys_and_values() -> None:
    out = Terminal()
    set_up_logging(stream=out)

    structlog.get_logger().info("lead.routed", contact_id="501")

    assert "lead.routed" in out.getvalue()
    assert "\x1b[" in out.getvalue()


def test_the_standard_library_takes_the_same_way() -> None:
    out = _set_up()

    logging.getLogger("some.library").warning("it is %s", "late")

    (line,) = _lines(out)
    assert (line["event"], line["level"], line["library"]) == ("it is late", "warning", "some.library")


def test_libraries_that_narrate_are_quiet() -> None:
    out = _set_up(level="debug")

    for name in ("rq.worker", "urllib3.connectionpool", "waitress", "werkzeug"):
        logging.getLogger(name).info("hello")
    logging.getLogger("waitress.queue").warning("Task queue depth is 1")

    assert _lines(out) == []


def test_a_level_below_the_threshold_is_not_written() -> None:
    out = _set_up(level="warning")

    structlog.get_logger().info("lead.routed")
    structlog.get_logger().warning("lead.parked")

    assert [line["event"] for line in _lines(out)] == ["lead.parked"]


@pytest.mark.parametrize("out", [io.StringIO(), Terminal()], ids=["json", "console"])
def test_no_secret_and_no_e_mail_address_is_ever_written(out: io.StringIO) -> None:
    secret = SecretStr(CANARY)
    set_up_logging(stream=out, secrets=[secret])
    log = structlog.get_logger()

    def fail() -> None:
        local = CANARY  # a traceback that shows local variables would show it
        raise ValueError(f"the answer was {local}")

    log.info("token.read", token=secret, plain=CANARY, address="jane.doe+x@example.co.uk")
    logging.getLogger("library").warning("Bearer %s of jane.doe@example.com", CANARY)
    try:
        fail()
    except ValueError:
        log.exception("answer.failed")
        logging.getLogger("library").exception("it failed")

    text = out.getvalue()
    assert text.count("ValueError") >= 2
    assert "canary" not in text
    assert "quoted" not in text
    assert "jane" not in text


def test_a_value_json_does_not_know_is_written_as_text() -> None:
    out = _set_up()

    structlog.get_logger().info("thing.seen", thing={1, 2}, number=10**30)

    assert _lines(out)[0]["event"] == "thing.seen"


@pytest.mark.parametrize(
    "value",
    ["Zoé", "\udcff", 10**30, datetime(2026, 11, 24, tzinfo=UTC), uuid.UUID(int=7), State.DONE, {1: 2}],
    ids=["letters", "half a pair", "a large number", "a moment", "a UUID", "an enum", "keys of numbers"],
)
def test_a_line_is_ascii_and_the_same_whichever_way_it_is_made(value: object) -> None:
    out = _set_up()

    structlog.get_logger().info("thing.seen", thing=value)

    assert out.getvalue().isascii()
    assert _lines(out)[0]["thing"] == json.loads(json.dumps(value, default=str))


def _set_up(level: str = "info") -> io.StringIO:
    out = io.StringIO()
    set_up_logging(stream=out, level=level)
    return out


def _lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail a@b.com,c@d.com! and x.y+z@foo-bar.co.uk.", "mail **********,********** and **********"),
        ("a@b.com+c@d.com", "**********"),
        ("redis://u:p@host.com/0", "redis://u:**********/0"),
        ("<j@x.fr>;<k@y.fr>", "<**********>;<**********>"),
        ("jane@localhost stays", "jane@localhost stays"),
    ],
)
def test_addresses_are_hidden_wherever_they_stand(text: str, shown: str) -> None:
    out = _set_up()

    structlog.get_logger().info(text)

    assert _lines(out)[0]["event"] == shown


def test_a_terminal_obeys_no_text_of_a_stranger_in_the_log() -> None:
    out = Terminal()
    set_up_logging(stream=out)
    hostile = "x\x1b[2J\x9b31m\u202ey\nlead.routed"

    structlog.get_logger().warning(hostile, why=hostile, more=[hostile], count=1)
    logging.getLogger("library").warning("%s", hostile)
    try:
        raise ValueError(hostile)
    except ValueError:
        structlog.get_logger().exception("it.failed")

    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert visible(plain) == plain
    assert not [line for line in plain.splitlines()[:2] if line.startswith("lead.routed")]
