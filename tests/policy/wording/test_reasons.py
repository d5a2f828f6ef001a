"""A recorded reason is recognised again, in either language."""

from __future__ import annotations

import pytest

from router.policy.wording.phrases import say
from router.policy.wording.reasons import phrase_of, says_away


@pytest.mark.parametrize("language", ["fr", "en"])
def test_reasons_are_recognised(language: str) -> None:
    assert phrase_of(say(language, "on_leave", day="24 Nov")) == "on_leave"
    assert phrase_of(say(language, "at_capacity", count=25, most=25)) == "at_capacity"
    assert phrase_of(say(language, "day_full", count=6, most=6)) == "day_full"
    assert phrase_of(say(language, "lacks_skill", wanted="crm / bi")) == "lacks_skill"
    assert phrase_of(say(language, "no_owner")) == "no_owner"


def test_a_reason_that_no_phrase_says_is_none() -> None:
    assert phrase_of("gone fishing") is None
    assert phrase_of("a: b") is None


def test_only_time_off_is_being_away() -> None:
    assert says_away("on leave until 24 Nov")
    assert says_away("en congé jusqu'au 24 nov.")
    assert not says_away("at capacity 25/25")
    assert not says_away("lacks the skill crm")
