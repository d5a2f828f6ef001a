"""`router notify`: a test message on demand, and the list of what could not be sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import responses

from router.routing.portal.services import Services
from router.store.worklists.notices import Notice
from tests.world.command_line import Run

CHAT = "https://1.1.1.1/services/secret-path"
DEFAULT = json.dumps({"default": {"kind": "slack", "url": CHAT}})
SEVERAL = json.dumps({name: {"kind": "json", "url": f"{CHAT}/{name}"} for name in ("default", "idf", "lea")})


@responses.activate
def test_a_test_message_says_what_happened(run: Run) -> None:
    responses.post(CHAT)

    answer = run("notify", "--test", "camille", NOTIFY_WEBHOOKS=DEFAULT)

    assert answer.exit_code == 0
    assert answer.stdout.startswith("Sent to camille by slack ('default'): HTTP 200 in ")
    assert "Message d'essai pour camille" in json.loads(responses.calls[0].request.body)["text"]


@responses.activate
def test_the_channel_of_the_rep_goes_before_the_teams_and_that_before_the_default(run: Run) -> None:
    for name in ("default", "idf", "lea"):
        responses.post(f"{CHAT}/{name}")

    answers = [
        json.loads(run("notify", "--test", rep, "--json", NOTIFY_WEBHOOKS=SEVERAL).stdout)
        for rep in ("lea", "camille", "sophie")
    ]

    assert [(answer["address"], answer["sent"]) for answer in answers] == [
        ("lea", True),
        ("idf", True),
        ("default", True),
    ]


@responses.activate
def test_a_chat_that_refuses_is_a_no_and_its_address_stays_secret(run: Run) -> None:
    responses.post(CHAT, status=404)

    answer = run("notify", "--test", "camille", NOTIFY_WEBHOOKS=DEFAULT)
    as_json = run("notify", "--test", "camille", "--json", NOTIFY_WEBHOOKS=DEFAULT)

    assert (answer.exit_code, as_json.exit_code) == (1, 1)
    assert "HTTP 404" in answer.stderr
    assert "secret-path" not in answer.output + as_json.output
    assert json.loads(as_json.stdout)["sent"] is False


def test_a_rep_whom_nobody_can_tell_is_a_no_and_an_unknown_one_a_misuse(run: Run) -> None:
    silent, unknown = run("notify", "--test", "camille"), run("notify", "--test", "zoe")

    assert (silent.exit_code, unknown.exit_code) == (1, 2)
    assert "neither 'camille' nor" in silent.stderr


def test_what_could_not_be_sent_is_listed_until_it_is_cleared(run: Run, services: Services) -> None:
    notice = Notice("501-0-ab", "501", "77", "chat", since_ms=0)
    services.store.notices.note([notice], due_ms=0)
    services.store.notices.park(notice, why="HTTP 503", now=datetime(2026, 11, 24, 9, tzinfo=UTC))

    listed, cleared, empty = run("notify"), run("notify", "--clear"), run("notify", "--json")

    assert "501" in listed.stdout
    assert "HTTP 503" in listed.stdout
    assert "1 message struck off" in cleared.stdout
    assert json.loads(empty.stdout) == {"waiting": 0, "parked": []}
