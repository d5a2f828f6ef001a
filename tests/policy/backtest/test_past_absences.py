"""A replay of past leads knows who was said to be away on the day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from router.policy.backtest.dealing.past_absences import Word, as_it_was
from router.policy.people.roster import Roster, TimeOff
from tests.world.policies import a_rep, a_team
from tests.world.time import NOW


def on(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def days_off(roster: Roster, rep: str = "anna") -> set[int]:
    return {
        day
        for off in roster.time_off
        if off.rep == rep
        for day in range(1, 31)
        if off.start <= date(2026, 11, day) <= off.end
    }


def test_a_word_makes_the_days_off_at_whose_noon_it_held() -> None:
    roster = as_it_was(a_team(), [Word(on(3), "anna", "away", on(5, 10))], now=NOW)

    assert days_off(roster) == {3, 4}


def test_an_afternoon_is_no_day() -> None:
    assert days_off(as_it_was(a_team(), [Word(on(3, 13), "anna", "away", on(3, 20))], now=NOW)) == set()


def test_the_next_word_ends_the_one_before() -> None:
    words = [
        Word(on(3), "anna", "away", on(20)),
        Word(on(5), "anna", "lifted"),
        Word(on(9), "anna", "away", on(30)),
        Word(on(11), "anna", "away", on(12, 13)),
        Word(on(4), "ben", "away", on(5)),
    ]

    roster = as_it_was(a_team(), words, now=NOW)

    assert days_off(roster) == {3, 4, 9, 10, 11, 12}
    assert days_off(roster, "ben") == {4}


def test_what_lasts_into_the_future_ends_now() -> None:
    assert days_off(as_it_was(a_team(), [Word(on(22), "anna", "away", on(30))], now=NOW)) == {22, 23}


def test_whoever_was_there_during_their_time_off_worked_and_the_backup_stays_for_the_rest() -> None:
    leave = TimeOff("anna", date(2026, 11, 2), date(2026, 11, 8), backup="ben")
    roster = a_team(a_rep("anna"), a_rep("ben"), time_off=(leave,))

    found = as_it_was(roster, [Word(on(4), "anna", "present", on(6))], now=NOW)

    assert days_off(found) == {2, 3, 6, 7, 8}
    assert {off.backup for off in found.time_off} == {"ben"}


def test_words_about_strangers_change_nothing() -> None:
    roster = a_team()

    assert as_it_was(roster, [Word(on(3), "zoe", "away", on(9))], now=NOW) is roster


def test_time_off_of_the_whole_calendar_is_parted_around_a_day_of_presence() -> None:
    off = TimeOff("anna", date.min, date.max)
    words = [Word(on(3, 6), "anna", "present", on(3, 20)), Word(on(5, 6), "anna", "present", on(5, 20))]

    roster = as_it_was(a_team(time_off=(off,)), words, now=NOW)

    assert [(one.start, one.end) for one in roster.time_off] == [
        (date.min, on(2).date()),
        (on(4).date(), on(4).date()),
        (on(6).date(), date.max),
    ]
