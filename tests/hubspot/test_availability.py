"""What do HubSpot's users say of their availability, well-formed or not?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.hubspot.api.records import PortalOwner, Record
from router.hubspot.availability import Unread, reported_by_owner
from router.policy.people.availability import Reported
from router.policy.people.availability_record import reported_as_record, reported_from_record
from tests.world.policies import a_policy, a_rule, deciding

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
        ("hs_working_hours", '[{"days":"WHENEVER","startMinute":540,"endMinute":1020}]'),
        ("hs_working_hours", '[{"days":"MONDAY","startMinute":540,"endMinute":9999}]'),
        ("hs_working_hours", '[{"days":["MONDAY"],"startMinute":540,"endMinute":600}]'),
        ("hs_working_hours", '[{"startMinute":540}]'),
    ],
)
def test_hours_that_cannot_be_read_count_as_not_said_and_are_named(name: str, value: str) -> None:
    assert said_by(**{name: value}) == (None, (Unread("103", name),))


UNREADABLE = [
    "tomorrow",
    '{"startTimestamp":1}',
    '[{"startTimestamp":5,"endTimestamp":4}]',
    '[{"startTimestamp":1,"endTimestamp":99999999999999999999}]',
    '[{"startTimestamp":1,"endTimestamp":' + "9" * 5000 + "}]",
    '[{"startTimestamp":-' + "9" * 5000 + ',"endTimestamp":1}]',
    '[{"startTimestamp":"1","endTimestamp":"' + "9" * 5000 + '"}]',
    '[{"startTimestamp":0,"endTimestamp":1e400}]',
    '[{"startTimestamp":0,"endTimestamp":NaN}]',
    '[{"startTimestamp":0,"endTimestamp":-Infinity}]',
    '[{"startTimestamp":0,"endTimestamp":0.5}]',
    "[null]",
    "[" * 100_000,
]


@pytest.mark.parametrize("value", UNREADABLE, ids=range(len(UNREADABLE)))
def test_absences_that_cannot_be_read_let_the_rep_count_as_away(value: str) -> None:
    away = Reported(unreadable="hs_out_of_office_hours")

    assert said_by(hs_out_of_office_hours=value) == (away, (Unread("103", "hs_out_of_office_hours"),))


def test_an_absence_without_a_length_is_none() -> None:
    assert said_by(hs_out_of_office_hours='[{"startTimestamp":5,"endTimestamp":5}]') == (None, ())


ANYTHING = st.one_of(
    st.text(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["startTimestamp", "endTimestamp", "days", "startMinute", "endMinute", "else"]
                ),
                inner | st.sampled_from(["MONDAY", "EVERY_DAY", 540, 1020, 1795507200000, 253402300799999]),
                max_size=5,
            )
        ),
        max_leaves=8,
    ).map(json.dumps),
)


@given(
    out_of_office=ANYTHING, hours=ANYTHING, zone=st.sampled_from(sorted(available_timezones())) | st.text()
)
def test_reading_never_fails_and_every_other_user_is_read(out_of_office: str, hours: str, zone: str) -> None:
    odd = a_user(hs_out_of_office_hours=out_of_office, hs_working_hours=hours, hs_standard_time_zone=zone)
    ben = PortalOwner(id="104", email="ben@acme.fr", name="", user_id="9104", archived=False)
    away = Record("2", {"hs_internal_user_id": "9104", "hs_availability_status": "away"})

    reported, _ = reported_by_owner([LEA, ben], [odd, away])

    assert reported["104"] == Reported(away_in_hubspot=True)
    if "103" in reported:
        deciding(a_policy(a_rule()), reported={"anna": reported["103"]})
        assert reported_from_record(reported_as_record(reported["103"])) == reported["103"]


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
