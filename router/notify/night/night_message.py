"""The chat message about a night, in the form of each kind of chat."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from msgspec import Struct

from router.notify.message import Kind, slack_text, teams_card
from router.notify.night.night_words import headline, lines, title
from router.policy.reports.night_report import NightReport, report_as_record


class NightMessage(Struct, frozen=True):
    """One night in `fr` or `en`, with moments in `zone`. It names reps and counts, and no contact."""

    report: NightReport
    language: str
    zone: tzinfo

    def body(self, kind: Kind) -> dict[str, Any]:
        """The JSON to post to a chat of that kind."""
        about = title(self.report, self.language)
        sentences = [headline(self.report, self.language), *lines(self.report, self.language, zone=self.zone)]
        match kind:
            case "slack":
                return {"text": slack_text(about, sentences)}
            case "teams":
                return teams_card(about, sentences, actions=[])
            case "json":
                return {"event": "night", "title": about, "lines": sentences, **report_as_record(self.report)}
