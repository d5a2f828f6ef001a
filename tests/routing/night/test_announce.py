"""A night is announced by chat and by mail; neither waits for the other, nor housekeeping for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from router.notify import Address, Channels, Chat, Mail
from router.policy.reports.night_report import NightMove, NightReport
from router.routing.night.announce import announce
from tests.world.messages import a_dripping_server, a_mail_server

NO_RULES: Any = SimpleNamespace(live=None)
REPORT = NightReport("2026-11-24", "2026-11-24T01:30:00+00:00", "2026-11-24T01:42:00+00:00").with_moves(
    [NightMove("501", "gone", "", "hugo", "lea", "Est", "moved")]
)
LONGER_S = 5
"""Longer than an announcement is waited for."""


def told(channels: Channels) -> int:
    return announce(REPORT, rules=NO_RULES, notify=channels, log=structlog.get_logger(), portal="4242")


@pytest.mark.timeout(60)
def test_a_chat_that_drips_holds_up_neither_the_mail_nor_the_night() -> None:
    with (
        a_dripping_server(b"HTTP/1.1 200 OK\r\nX-Slow: ") as port,
        a_mail_server() as server,
        capture_logs() as log,
    ):
        address = Address("night", "json", f"http://127.0.0.1:{port}/hook")
        host, mail_port = server.server_address[:2]
        channels = Channels(
            Chat({"night": address}, allow_private=True, deadline_s=LONGER_S),
            Mail(f"smtp://{host!s}:{mail_port}", "router@acme.fr", ("ops@acme.fr",)),
        )

        sent = told(channels)

        assert (sent, len(server.letters)) == (1, 1)
        assert not channels.turns.finish(within_s=0), "the night has not waited for the chat"
        assert channels.turns.finish(within_s=30)
    assert [(line["event"], line["by"]) for line in log] == [("night.untold", "chat")]


@pytest.mark.timeout(60)
def test_a_mail_server_that_drips_holds_nothing_up_either() -> None:
    with a_dripping_server(b"220-") as port, capture_logs() as log:
        mail = Mail(f"smtp://127.0.0.1:{port}", "router@acme.fr", ("ops@acme.fr",), deadline_s=LONGER_S)
        channels = Channels(Chat({}), mail)

        assert told(channels) == 0
        assert not channels.turns.finish(within_s=0)
        assert channels.turns.finish(within_s=30)
    assert [(line["event"], line["by"]) for line in log] == [("night.untold", "mail")]
