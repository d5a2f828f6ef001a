"""A letter arrives whole, once, and no password travels in the clear or in an error."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.policy import default

import pytest

from router.notify import Letter, Mail, NotDelivered
from tests.world.messages import MailServer, a_mail_server

LETTER = Letter("Nuit du 24 novembre – 3 leads ont changé de mains", "Bonjour,\nvoilà.", "<p>voilà</p>")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with a_mail_server() as running:
        yield running


def a_mail(server: MailServer, *, secret: str = "") -> Mail:
    host, port = server.server_address[:2]
    return Mail(f"smtp://{secret}{host!s}:{port}", "router@acme.fr", ("ops@acme.fr", "lea@acme.fr"))


def test_a_letter_arrives_in_both_forms(server: MailServer) -> None:
    a_mail(server).send(LETTER)

    (raw,) = server.letters
    letter = email.message_from_bytes(raw, policy=default)
    assert letter["Subject"] == LETTER.subject
    assert letter["To"] == "ops@acme.fr, lea@acme.fr"
    assert letter.get_body(("plain",)).get_content().split() == LETTER.text.split()  # type: ignore[union-attr]
    assert letter.get_body(("html",)).get_content().strip() == LETTER.html  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("verb", "answer", "told"),
    [
        ("RCPT", "550 nobody", "NIGHT_MAIL_TO"),
        ("DATA", "554 no", "did not take it"),
    ],
)
def test_what_the_server_refuses_is_told_in_a_sentence(
    server: MailServer, verb: str, answer: str, told: str
) -> None:
    server.answers[verb] = answer

    with pytest.raises(NotDelivered, match=told):
        a_mail(server).send(LETTER)


def test_a_server_that_is_not_there_is_told_without_its_name() -> None:
    mail = Mail("smtp://name:geheim@127.0.0.1:1", "router@acme.fr", ("ops@acme.fr",))

    with pytest.raises(NotDelivered) as told:
        mail.send(LETTER)

    assert "geheim" not in f"{told.value} {mail!r}"


def test_without_starttls_nothing_leaves_this_machine(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.notify.mail._LOOPBACK", frozenset())

    with pytest.raises(NotDelivered, match="STARTTLS"):
        a_mail(server, secret="name:geheim@").send(LETTER)

    assert server.letters == []
