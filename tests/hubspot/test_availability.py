"""What do HubSpot's users say of their availability, well-formed or not?"""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from router.hubspot.api.records import PortalOwner, Record
from router.hubspot.availability import Unread, reported_by_owner
from router.policy.people.availability import Reported

LEA = PortalOwner(id="103", email="lea@acme.fr", name="Léa", user_id="9103", archived=False)
DAY = ((time(9), time(17)),)
FREE: tuple[tuple[time, time], ...] = ()


def a_user(**properties: str) -> Record:
    return Record("1", {"hs_internal_user_id": "9103", "hs_standard_time_zone": "Europe/Paris", **properties})


def said_by(**properties: str) -> tuple[Reported | None, tuple[Unread, ...]]:
    reported, unread = reported_by_owner([LEA], [a_user(**properties)])
    return reported.get("103"), unread


def test_a_user_of_whom_nothing_is_said_is_left_out() -> None:
    assert said_by(hs_availability_status="available", hs_working_hours="", hs_out_of_office_hours="[]") == (
        None,
        (),
    )


def test_the_away_status_the_spans_and_the_hours_are_read() -> None:
    reported, unread = said_by(
        hs_availability_status="away",
        hs_out_of_office_hours='[{"startTimestamp":1795507200000,"endTimestamp":1795521600000}]',
        hs_working_hours='[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}]',
    )

    assert unread == ()
    assert reported is not None
    assert reported.away_in_hubspot
    assert reported.out_of_office == (
        (datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)),
    )
    assert reported.hours is not None
    assert reported.hours.week == (DAY, DAY, DAY, DAY, DAY, FREE, FREE)
    assert reported.timezone == ZoneInfo("Europe/Paris")


def test_spans_of_a_day_that_overlap_are_one_and_may_reach_midnight() -> None:
    reported, _ = said_by(
        hs_working_hours='[{"days":"EVERY_DAY","startMinute":540,"endMinute":720},'
        '{"days":"SATURDAY","startMinute":"600","endMinute":1440}]'
    )

    assert reported is not None
    assert reported.hours is not None
    assert reported.hours.week[0] == ((time(9), time(12)),)
    assert reported.hours.week[5] == ((time(9), time(0)),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hs_out_of_office_hours", "tomorrow"),
        ("hs_out_of_office_hours", '{"startTimestamp":1}'),
        ("hs_out_of_office_hours", '[{"startTimestamp":5,"endTimestamp":4}]'),
        ("hs_out_of_office_hours", '[{"startTimestamp":1,"endTimestamp":99999999999999999999}]'),
        ("hs_out_of_office_hours", "[null]"),
        ("hs_working_hours", '[{"days":"WHENEVER","startMinute":540,"endMinute":1020}]'),
        ("hs_working_hours", '[{"days":"MONDAY","startMinute":540,"endMinute":9999}]'),
        ("hs_working_hours", '[{"days":["MONDAY"],"startMinute":540,"endMinute":600}]'),
        ("hs_working_hours", '[{"startMinute":540}]'),
    ],
)
def test_what_cannot_be_read_counts_as_not_said_and_is_named(name: str, value: str) -> None:
    assert said_by(**{name: value}) == (None, (Unread("103", name),))


def test_hours_of_an_unknown_time_zone_are_no_hours() -> None:
    reported, unread = said_by(
        hs_working_hours='[{"days":"MONDAY","startMinute":540,"endMinute":1020}]',
        hs_standard_time_zone="Europe/Nowhere",
    )

    assert (reported, unread) == (None, (Unread("103", "hs_standard_time_zone"),))


def test_a_user_without_a_known_id_is_found_by_address_and_a_deactivated_owner_is_nobody() -> None:
    away = {"hs_availability_status": "away"}
    by_address = Record("1", {"hs_email": "Lea@acme.fr", **away})
    gone = PortalOwner(id="104", email="old@acme.fr", name="", user_id=None, archived=True)
    others = [Record("2", {"hs_email": "old@acme.fr", **away}), Record("3", {"hs_email": "", **away})]

    reported, _ = reported_by_owner([LEA, gone], [by_address, *others])

    assert reported == {"103": Reported(away_in_hubspot=True)}
