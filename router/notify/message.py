"""The message to a rep about a lead, in French or English, in the form of each kind of chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from router.policy.wording.phrases import moment_in_words
from router.security.visible import one_line

Event = Literal["assigned", "due_soon", "overdue", "taken", "test"]
Kind = Literal["slack", "teams", "json"]

_TEMPLATES: Final[Mapping[str, Mapping[str, str]]] = {
    "assigned": {"en": "New lead for {rep}", "fr": "Nouveau lead pour {rep}"},
    "due_soon": {"en": "Lead to work on soon, for {rep}", "fr": "Lead à traiter bientôt, pour {rep}"},
    "overdue": {"en": "Overdue lead of {rep}", "fr": "Lead en retard chez {rep}"},
    "taken": {"en": "Lead taken from {rep}", "fr": "Lead repris à {rep}"},
    "test": {"en": "Test message for {rep}", "fr": "Message d'essai pour {rep}"},
    "test_reason": {
        "en": "Lead Router can reach this channel; nothing is to be done.",
        "fr": "Lead Router atteint ce canal ; il n'y a rien à faire.",
    },
    "due": {"en": "Due {moment}", "fr": "À traiter avant {moment}"},
    "open": {"en": "Open in HubSpot", "fr": "Ouvrir dans HubSpot"},
}


class Message(Struct, frozen=True):
    """One message. `reason` is the decision's own sentence, which names reps and no other person.

    `due_at` is in the time zone in which it is to be read; `link` is the record's page, "" for none.
    """

    event: Event
    rep: str
    reason: str
    language: str
    due_at: datetime | None = None
    link: str = ""
    contact_id: str = ""

    @property
    def title(self) -> str:
        """Title such as `Nouveau lead pour camille`."""
        return _TEMPLATES[self.event][self.language].format(rep=self.rep)

    @property
    def due(self) -> str:
        """Due time such as `À traiter avant mar. 24 nov. 14:15`, "" for none."""
        if self.due_at is None:
            return ""
        return _TEMPLATES["due"][self.language].format(moment=moment_in_words(self.due_at, self.language))

    def body(self, kind: Kind) -> dict[str, Any]:
        """The JSON to post to a chat of that kind."""
        match kind:
            case "slack":
                return {"text": self._slack()}
            case "teams":
                return self._teams()
            case "json":
                return self._plain()

    def _lines(self) -> list[str]:
        return [line for line in (self.reason, self.due) if line]

    def _slack(self) -> str:
        text = slack_text(self.title, self._lines())
        return f"{text}\n<{self.link}|{_TEMPLATES['open'][self.language]}>" if self.link else text

    def _teams(self) -> dict[str, Any]:
        action = {"type": "Action.OpenUrl", "title": _TEMPLATES["open"][self.language], "url": self.link}
        return teams_card(self.title, self._lines(), actions=[action] if self.link else [])

    def _plain(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "contact_id": self.contact_id or None,
            "rep": self.rep,
            "title": self.title,
            "reason": self.reason,
            "due_at": None if self.due_at is None else self.due_at.isoformat(),
            "link": self.link or None,
        }


def a_test(rep: str, *, language: str) -> Message:
    """A message that says only that messages arrive."""
    return Message("test", rep, _TEMPLATES["test_reason"][language], language)


def slack_text(title: str, lines: Iterable[str]) -> str:
    """A title in bold with lines below it, in Slack's markup."""
    return "\n".join([f"*{_escaped(title)}*", *map(_escaped, lines)])


def teams_card(title: str, lines: Iterable[str], *, actions: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A title with lines below it, and buttons, in the form that Teams accepts.

    That is the form of Workflows, which replaced the Office connectors: an adaptive card in an attachment.
    """
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": one_line(title), "weight": "Bolder", "wrap": True},
            *({"type": "TextBlock", "text": one_line(line), "wrap": True} for line in lines),
        ],
        **({"actions": list(actions)} if actions else {}),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _escaped(text: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text: these three, or a rule's name could ping
    # everyone.
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
