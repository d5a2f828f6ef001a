"""Tell the team's chat what a night did, if there is anything to tell."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from router.notify import NotifyError
from router.notify.night_message import NightMessage
from router.policy.night_report import NightReport
from router.routing.desk import Desk

NIGHT: str = "night"
"""The name in NOTIFY_WEBHOOKS of the channel that hears of nights; else `default` does."""


def tell(desk: Desk, report: NightReport) -> bool:
    """Post the night to the channel `night`, or `default`; whether it arrived.

    A quiet night is not told. What does not arrive is in the log, and the report is kept all the same.
    """
    address = desk.chat.address_of(NIGHT)
    if report.is_quiet or address is None:
        return False
    policy = desk.rules.live[0] if desk.rules.live else None
    message = NightMessage(
        report,
        language=policy.language if policy else "en",
        zone=policy.roster.timezone if policy else ZoneInfo("UTC"),
    )
    try:
        desk.chat.send(address, message)
    except NotifyError as error:
        desk.log.warning("night.untold", day=report.day, why=str(error))
        return False
    return True
