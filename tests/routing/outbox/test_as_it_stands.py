"""No notice misleads: it waits while its lead may be decided again, and who loses a lead is told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import responses
from msgspec.structs import replace

from router.notify import Address, Channels, Chat
from router.routing.outbox.notify import notify_reps
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.revision.look import look_at_changes
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, announce, route_all
from tests.world.messages import CHAT, a_chat_that_answers, sent_to, tasks_of
from tests.world.revisions import BUSINESS, decided, tell, verified
from tests.world.rule_folders import SETTLING, with_rules
from tests.world.time import Time

ABROAD_SOONER = """
language: en
segments: {all: otherwise}
rules:
  - name: Abroad
    when: {country: $etranger}
    assign: {team: idf}
    sla: 1h
  - name: Belgium
    when: {country: BE}
    assign: {team: idf}
otherwise:
  assign: {team: idf}
sla: {default: 4h}
settle: {wait: 20s, quiet: 6s, revise: 15min}
"""


@pytest.fixture
def posts() -> Iterator[responses.RequestsMock]:
    with a_chat_that_answers(200) as mock:
        yield mock


@pytest.fixture
def settling(services: Services, rules: Path) -> Services:
    chat = Chat({"default": Address("default", "json", CHAT)}, sleep=lambda _: None)
    return replace(with_rules(services, rules, SETTLING), notify=Channels(chat, None))


def change(services: Services, sandbox: SandboxClient, contact_id: str, country: str) -> None:
    sandbox.edit_by_hand(contact_id, properties={"country": country})
    tell(services, contact_id)


def later(services: Services, time: Time, seconds: float, *, looks: bool = True) -> int:
    """Record what happened, look at what may have changed, and send what is due then."""
    record_outbox(services)
    time.pass_by(seconds=seconds)
    if looks:
        look_at_changes(services)
    return notify_reps(services)


def test_a_rep_is_told_after_5_seconds_or_after_15_if_facts_were_open(
    settling: Services, sandbox: SandboxClient, time: Time, posts: responses.RequestsMock
) -> None:
    sure, unsure = sandbox.create_exactly([{**BUSINESS, "country": "France"}, BUSINESS])
    announce(settling, sure, unsure)
    verified(settling, time)
    assert later(settling, time, 6) == 1

    time.pass_by(seconds=20)
    verified(settling, time)
    assert later(settling, time, 6) == 0
    assert later(settling, time, 10) == 1

    assert [one["contact_id"] for one in sent_to(posts)] == [sure, unsure]


def test_nobody_is_told_before_the_owner_is_verified(
    settling: Services, sandbox: SandboxClient, time: Time, posts: responses.RequestsMock
) -> None:
    (contact_id,) = sandbox.create_exactly([{**BUSINESS, "country": "France"}])
    announce(settling, contact_id)
    route_all(settling)

    assert later(settling, time, 30) == 0
    verify_owners(settling)
    assert later(settling, time, 3) == 1
    assert len(sent_to(posts)) == 1


def test_who_never_heard_of_a_lead_does_not_hear_that_it_went(
    settling: Services, sandbox: SandboxClient, time: Time, posts: responses.RequestsMock
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    record_outbox(settling)
    change(settling, sandbox, contact_id, "Allemagne")
    assert later(settling, time, 16, looks=False) == 0  # its facts are to be looked at first
    look_at_changes(settling)
    assert later(settling, time, 4) == 0
    verified(settling, time)
    record_outbox(settling)

    later(settling, time, 16)
    later(settling, time, 16)

    (message,) = sent_to(posts)
    assert (message["event"], message["rep"]) == ("assigned", "marc")
    assert settling.store.notices.waiting() == 0


def test_who_was_told_and_loses_the_lead_is_told_once_who_has_it(
    settling: Services, sandbox: SandboxClient, time: Time, posts: responses.RequestsMock
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    later(settling, time, 16)
    change(settling, sandbox, contact_id, "Allemagne")
    look_at_changes(settling)
    verified(settling, time)

    for _ in range(3):
        later(settling, time, 16)

    told, *news = sent_to(posts)
    assert (told["event"], told["rep"]) == ("assigned", "camille")
    assert {(one["event"], one["rep"]) for one in news} == {("taken", "camille"), ("assigned", "marc")}
    (lost,) = [one for one in news if one["event"] == "taken"]
    assert lost["reason"] == "Now known: country; marc has the lead now."
    assert "boulanger" not in str(news)
    trigger = settling.ledger.decisions_of(contact_id)[-1]["inputs"]["occasion"]
    assert trigger["told"] is True


@pytest.mark.parametrize(("country", "messages"), [("Belgique", 1), ("Allemagne", 2)])
def test_who_keeps_a_lead_is_told_again_only_of_another_due_time(
    settling: Services,
    sandbox: SandboxClient,
    time: Time,
    rules: Path,
    posts: responses.RequestsMock,
    country: str,
    messages: int,
) -> None:
    with_rules(settling, rules, ABROAD_SOONER.replace("$etranger", "[DE]"))
    (contact_id,) = decided(settling, sandbox, time)
    later(settling, time, 16)
    change(settling, sandbox, contact_id, country)
    assert look_at_changes(settling).revising == 1
    verified(settling, time)

    for _ in range(3):
        later(settling, time, 16)

    sent = sent_to(posts)
    assert [one["event"] for one in sent] == ["assigned"] * messages
    assert len({one["due_at"] for one in sent}) == messages
    assert settling.store.notices.waiting() == 0


def test_a_notice_that_waits_says_what_the_last_decision_says(
    settling: Services, sandbox: SandboxClient, time: Time, rules: Path, posts: responses.RequestsMock
) -> None:
    with_rules(settling, rules, ABROAD_SOONER.replace("$etranger", "[DE]"))
    (contact_id,) = decided(settling, sandbox, time)
    record_outbox(settling)
    change(settling, sandbox, contact_id, "Allemagne")
    look_at_changes(settling)
    verified(settling, time)

    for _ in range(3):
        later(settling, time, 16)

    (message,) = sent_to(posts)
    last = settling.ledger.decisions_of(contact_id)[-1]
    assert datetime.fromisoformat(message["due_at"]) == datetime.fromisoformat(last["due_at"])


def test_a_task_that_is_void_is_told_in_a_task(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    routing = SETTLING.replace(
        "otherwise:\n",
        "  - name: All\n    when: {email: known}\n    assign: {team: idf}\n    task: true\notherwise:\n",
    )
    settling = with_rules(services, rules, routing)
    (contact_id,) = decided(settling, sandbox, time)
    later(settling, time, 16)
    change(settling, sandbox, contact_id, "Allemagne")
    look_at_changes(settling)
    verified(settling, time)
    later(settling, time, 16)

    assert OWNERS["marc"] == sandbox.contact(contact_id)["properties"]["hubspot_owner_id"]
    assert "Its first task can be closed." in str(tasks_of(services))
