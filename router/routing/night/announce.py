"""Announcing what a night did, by chat and by mail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from router.notify import Channels, Letter, NotifyError
from router.notify.night.night_message import NightMessage
from router.notify.night.night_page import night_page
from router.notify.night.night_words import headline, lines, title
from router.notify.turns import answers_within
from router.policy.reports.night_report import NightReport
from router.routing.portal.live_rules import LiveRules

NIGHT: Final = "night"
"""The NOTIFY_WEBHOOKS name of the channel for nightly reports; without it `default` gets them."""
_WAIT_S: Final = 3.0


def announce(
    report: NightReport, *, rules: LiveRules, notify: Channels, log: structlog.stdlib.BoundLogger, portal: str
) -> int:
    """Post the night to the channel `night`, or `default`, and mail it to NIGHT_MAIL_TO; number sent in 3 s.

    A quiet night is not announced. Chat and mail have a thread each, and what takes longer goes on after the
    return. A failed message is logged, and the report is kept all the same.
    """
    if report.is_quiet:
        return 0
    policy = rules.live
    language = policy.language if policy else "en"
    zone = policy.roster.timezone if policy else ZoneInfo("UTC")
    address, mail = notify.chat.address_of(NIGHT), notify.mail
    sends: dict[str, Callable[[], object]] = {}
    if address is not None:
        sends["chat"] = lambda: notify.chat.send(address, NightMessage(report, language, zone))
    if mail is not None:
        sends["mail"] = lambda: mail.send(_letter(report, language, zone, portal=portal))

    def say(by: str) -> int:
        try:
            sends[by]()
        except NotifyError as error:
            log.warning("night.untold", day=report.day, by=by, why=str(error))
            return 0
        return 1

    turns = [notify.turns.start(f"night by {by}", partial(say, by)) for by in sends]
    return sum(answers_within(_WAIT_S, [turn for turn in turns if turn is not None]))


def _letter(report: NightReport, language: str, zone: ZoneInfo, *, portal: str) -> Letter:
    summary = headline(report, language)
    text = "\n".join([title(report, language), "", summary, "", *lines(report, language, zone=zone), ""])
    page = night_page(report, language=language, zone=zone, portal=portal)
    return Letter(f"{title(report, language)} – {summary}", text, page)
