"""Announcing what a night did, by chat and by mail."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import structlog

from router.notify import Channels, Letter, NotifyError
from router.notify.night.night_message import NightMessage
from router.notify.night.night_page import night_page
from router.notify.night.night_words import headline, lines, title
from router.policy.reports.night_report import NightReport
from router.routing.portal.live_rules import LiveRules

NIGHT: Final = "night"
"""The NOTIFY_WEBHOOKS name of the channel for nightly reports; without it `default` gets them."""


def announce(
    report: NightReport, *, rules: LiveRules, notify: Channels, log: structlog.stdlib.BoundLogger, portal: str
) -> int:
    """Post the night to the channel `night`, or `default`, and mail it to NIGHT_MAIL_TO; number sent.

    A quiet night is not announced. A failed message is logged, and the report is kept all the same.
    """
    if report.is_quiet:
        return 0
    policy = rules.live
    language = policy.language if policy else "en"
    zone = policy.roster.timezone if policy else ZoneInfo("UTC")
    sent = 0
    address = notify.chat.address_of(NIGHT)
    try:
        if address is not None:
            notify.chat.send(address, NightMessage(report, language, zone))
            sent += 1
    except NotifyError as error:
        log.warning("night.untold", day=report.day, by="chat", why=str(error))
    try:
        if notify.mail is not None:
            notify.mail.send(_letter(report, language, zone, portal=portal))
            sent += 1
    except NotifyError as error:
        log.warning("night.untold", day=report.day, by="mail", why=str(error))
    return sent


def _letter(report: NightReport, language: str, zone: ZoneInfo, *, portal: str) -> Letter:
    summary = headline(report, language)
    text = "\n".join([title(report, language), "", summary, "", *lines(report, language, zone=zone), ""])
    page = night_page(report, language=language, zone=zone, portal=portal)
    return Letter(f"{title(report, language)} – {summary}", text, page)
