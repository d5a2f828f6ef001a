"""What a rep reads: title, reason, due time and link, in their language and in the form of their chat."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from router.notify.message import Message, a_test

LEAD = Message(
    "assigned",
    rep="camille",
    reason="PME <chaudes> & fidèles : A1 → camille, dont c'est le tour",
    language="fr",
    due_at=datetime(2026, 11, 24, 14, 15, tzinfo=ZoneInfo("Europe/Paris")),
    link="https://app.hubspot.com/contacts/4242/record/0-1/501",
    contact_id="501",
)


def test_slack_gets_text_in_which_no_rule_name_can_ping_anybody() -> None:
    assert LEAD.body("slack") == {
        "text": "*Nouveau lead pour camille*\n"
        "PME &lt;chaudes&gt; &amp; fidèles : A1 → camille, dont c'est le tour\n"
        "À traiter avant mar. 24 nov. 14:15\n"
        "<https://app.hubspot.com/contacts/4242/record/0-1/501|Ouvrir dans HubSpot>"
    }


def test_teams_gets_an_adaptive_card() -> None:
    (attachment,) = LEAD.body("teams")["attachments"]
    card = attachment["content"]

    assert [block["text"] for block in card["body"]] == ["Nouveau lead pour camille", LEAD.reason, LEAD.due]
    assert card["actions"][0]["url"] == LEAD.link


def test_anything_else_gets_plain_facts() -> None:
    assert LEAD.body("json") == {
        "event": "assigned",
        "contact_id": "501",
        "rep": "camille",
        "title": "Nouveau lead pour camille",
        "reason": LEAD.reason,
        "due_at": "2026-11-24T14:15:00+01:00",
        "link": LEAD.link,
    }


def test_english_reps_are_told_in_english() -> None:
    english = replace(LEAD, language="en")

    assert (english.title, english.due) == ("New lead for camille", "Due Tue 24 Nov 14:15")


def test_a_test_message_has_neither_link_nor_due_time() -> None:
    assert a_test("camille", language="fr").body("slack")["text"].splitlines() == [
        "*Message d'essai pour camille*",
        "Lead Router atteint ce canal ; il n'y a rien à faire.",
    ]
