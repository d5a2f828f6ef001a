"""Twelve secrets, in every spelling and in parts, and not one of them in what a person gets to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from router.bootstrap import open_chat, open_mail
from router.notify import NotDelivered
from router.notify.mail import Letter
from router.notify.message import a_test
from router.settings import read_settings
from router.telemetry import set_up_logging
from tests.world.command_line import a_runner
from tests.world.time import Clock


def a_canary(number: int) -> str:
    """A secret with the signs at which libraries take addresses apart."""
    return (
        f"canary{number}-left/canary{number}-mid@canary{number}-sub:canary{number}-port?canary{number}-query"
    )


PASSWORDS = {
    name: quote(a_canary(number), safe="") for number, name in enumerate(("redis", "ledger", "mail", "chat"))
}
WEBHOOKS = {
    "default": {"kind": "slack", "url": "https://127.0.0.1:1/services/T0/canary-webhook-slack-0001"},
    "idf": {"kind": "teams", "url": "https://127.0.0.1:1/workflows/x?sig=canary-webhook-teams-0002"},
    "est": {"kind": "json", "url": f"https://u:{PASSWORDS['chat']}@127.0.0.1:1/hook"},
}
ENVIRON = {
    "HUBSPOT_ACCESS_TOKEN": "pat-canary-access-token",
    "HUBSPOT_CLIENT_SECRET": "canary-client-secret-new,canary-client-secret-old",
    "HUBSPOT_PORTAL_ID": "4242",
    "HUBSPOT_BASE_URL": "http://127.0.0.1:1",
    "PUBLIC_WEBHOOK_URL": "http://127.0.0.1:1/webhooks/hubspot",
    "REDIS_URL": f"redis://:{PASSWORDS['redis']}@127.0.0.1:1/0",
    "DATABASE_URL": f"postgresql://u:{PASSWORDS['ledger']}@127.0.0.1:1/name",
    "SMTP_URL": f"smtps://ops:{PASSWORDS['mail']}@127.0.0.1:1",
    "NIGHT_MAIL_TO": "ops@acme.fr",
    "CLAIM_SECRET": "canary-claim-secret-0123456789",
    "NOTIFY_WEBHOOKS": json.dumps(WEBHOOKS),
    "NOTIFY_ALLOW_PRIVATE": "true",
}


@pytest.mark.parametrize(
    "command",
    [
        ("health",),
        ("health", "--json"),
        ("parked",),
        ("explain", "501"),
        ("ledger",),
        ("setup",),
        ("notify",),
    ],
    ids=" ".join,
)
def test_no_command_shows_a_secret_when_everything_is_down(command: tuple[str, ...], tmp_path: Path) -> None:
    run = a_runner({**ENVIRON, "CONFIG_DIR": str(tmp_path)}, clock=Clock())

    answer = run(*command)

    assert isinstance(answer.exception, SystemExit), answer.exception
    assert answer.exit_code == 1
    assert "canary" not in answer.output


def test_no_process_shows_a_secret_while_it_waits(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "workers", "worker"],
        env={**os.environ, **ENVIRON, "CONFIG_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()
        said = first + process.stdout.read()

    assert "redis.awaited" in first
    assert "canary" not in said


def test_no_message_that_is_not_delivered_shows_a_secret() -> None:
    settings = read_settings(ENVIRON)
    chat, mail = open_chat(settings), open_mail(settings)
    assert mail is not None
    said = [repr(settings), repr(chat.address_of("nobody")), repr(mail)]

    for name in WEBHOOKS:
        address = chat.address_of(name)
        assert address is not None
        with pytest.raises(NotDelivered) as caught:
            chat.send(address, a_test("camille", language="en"))
        said.append(f"{caught.value!r}")
    with pytest.raises(NotDelivered) as refused:
        mail.send(Letter("subject", "text", "html"))

    assert "canary" not in " ".join([*said, repr(refused.value)])


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_log_line_shows_a_secret_even_in_parts(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = read_settings(ENVIRON)
    before = structlog.get_config()
    set_up_logging(form=form, secrets=settings.secrets)  # type: ignore[arg-type] # one of the two
    try:
        for value in (*ENVIRON.values(), *(a_canary(number) for number in range(4))):
            if "canary" in value and not value.startswith("{"):
                parts = value.replace("@", "/").replace(":", "/").replace("?", "/").split("/")
                for shown in (value, value.replace("%2F", "/"), repr(value), *parts):
                    structlog.get_logger().error("it.failed", why=f"cannot reach '{shown}'")
        structlog.get_logger().error("it.failed", **{name: one["url"] for name, one in WEBHOOKS.items()})
    finally:
        structlog.configure(**before)

    said = capsys.readouterr().err
    assert "it.failed" in said
    assert "canary" not in said
