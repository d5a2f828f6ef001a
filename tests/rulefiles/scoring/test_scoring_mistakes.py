"""What is said about every mistake in scoring.yaml."""

# ruff: noqa: E501 - messages stand here as they are printed

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.rule_files import FILES, MistakeCase, check, loaded

CASES = (
    MistakeCase(
        "a missing part",
        "grade:\n  fit: {A: 60.., B: ..59}\n  engagement: {1: 50.., 2: ..49}\n",
        "",
        """
        scoring.yaml:1:1: error: scoring.yaml has no 'grade'
            fit:
            ^
            Add 'grade:' with the ranges of A1 to C3.
        """,
    ),
    MistakeCase(
        "an unknown property",
        "request:",
        "requests:",
        """
        scoring.yaml:8:5: error: HubSpot has no contact property 'requests'
                requests: {demo: 60, other: 10}
                ^
            Did you mean 'request'?
        """,
    ),
    MistakeCase(
        "a circular fact",
        "request: {demo: 60",
        "score: {60..: 60",
        """
        scoring.yaml:8:5: error: 'score' comes out of the points, so points cannot depend on it: use properties
                score: {60..: 60, other: 10}
                ^
        """,
    ),
    MistakeCase(
        "an unknown option",
        "demo: 60",
        "demos: 60",
        """
        scoring.yaml:8:15: error: 'demos' is not an option of request (Request)
                request: {demos: 60, other: 10}
                          ^
            Did you mean 'demo'?
        """,
    ),
    MistakeCase(
        "points in words",
        "demo: 60",
        "demo: sixty",
        """
        scoring.yaml:8:21: error: 'sixty' is no whole number of points
                request: {demo: sixty, other: 10}
                                ^
            Write 20 or -20; the most is 1000.
        """,
    ),
    MistakeCase(
        "an option with points twice",
        "{demo: 60, other: 10}",
        "{demo: 60, 'quote': 20, \"demo, quote\": 10}",
        """
        scoring.yaml:8:38: error: 'demo, quote' is not an option of request (Request)
                request: {demo: 60, 'quote': 20, "demo, quote": 10}
                                                 ^
            Did you mean 'quote'?
        """,
    ),
    MistakeCase(
        "an option taken by a line above",
        "{demo: 60, other: 10}",
        "\n      demo: 60\n      quote, demo: 20",
        """
        scoring.yaml:10:7: error: 'demo' has its points from line 9 already
                  quote, demo: 20
                  ^
            The first line that fits gives the points: keep one.
        """,
    ),
    MistakeCase(
        "a line below other",
        "{demo: 60, other: 10}",
        "{other: 10, demo: 60}",
        """
        scoring.yaml:8:26: error: 'other' above takes everything that 'demo' could
                request: {other: 10, demo: 60}
                                     ^
            Move 'other' to the end.
        """,
    ),
    MistakeCase(
        "a range that a line above takes whole",
        "{200..: 30, ..199: 10}",
        "{10..: 8, 200..: 30}",
        """
        scoring.yaml:4:42: error: '200..' is never reached: '10..' on line 4 takes it all
                company.numberofemployees: {10..: 8, 200..: 30}
                                                     ^
            The first line that fits gives the points: move this one up, or remove it.
        """,
    ),
    MistakeCase(
        "an age that a line above takes whole",
        "request: {demo: 60, other: 10}",
        "recent_conversion_date: {within 30d: 10, within 7d: 20}",
        """
        scoring.yaml:8:46: error: 'within 7d' is never reached: 'within 30d' on line 8 takes it all
                recent_conversion_date: {within 30d: 10, within 7d: 20}
                                                         ^
            The first line that fits gives the points: move this one up, or remove it.
        """,
    ),
    MistakeCase(
        "ranges that overlap are a warning",
        "{200..: 30, ..199: 10}",
        "{200..: 30, 50..200: 20}",
        """
        scoring.yaml:4:44: warning: '50..200' overlaps '200..' on line 4
                company.numberofemployees: {200..: 30, 50..200: 20}
                                                       ^
            The first line that fits gives the points; write ranges that do not overlap.
        """,
    ),
    MistakeCase(
        "a gap between decimals is a warning",
        "company.numberofemployees: {200..: 30, ..199: 10}",
        "company.annualrevenue: {200..: 30, ..199: 10}",
        """
        scoring.yaml:4:40: warning: company.annualrevenue (Revenue) may have decimals: no line takes 199.5
                company.annualrevenue: {200..: 30, ..199: 10}
                                                   ^
            Write 'below 200' instead of '..199'.
        """,
    ),
    MistakeCase(
        "a gap between decimals in the middle is a warning",
        "company.numberofemployees: {200..: 30, ..199: 10}",
        "company.annualrevenue: {200..: 30, 50..199: 10}",
        """
        scoring.yaml:4:40: warning: company.annualrevenue (Revenue) may have decimals: no line takes 199.5
                company.annualrevenue: {200..: 30, 50..199: 10}
                                                   ^
            Write '50..' on a line below '200..'. The first line that fits gives the points.
        """,
    ),
    MistakeCase(
        "a score of HubSpot's beside points",
        "  max: 100\n",
        "  use: hubspotscore\n",
        """
        scoring.yaml:3:3: error: 'fit' has 'use' and 'points': the score that HubSpot computed is taken as it is
              points:
              ^
            Remove 'points' or 'use'.
        """,
    ),
    MistakeCase(
        "a score that is a text",
        "  max: 100\n  points:\n    company.numberofemployees: {200..: 30, ..199: 10}\n",
        "  use: jobtitle\n",
        """
        scoring.yaml:2:8: error: jobtitle (Job title) is a text, which is no score
              use: jobtitle
                   ^
            Name a number property, such as a score built in HubSpot.
        """,
    ),
    MistakeCase(
        "a scorecard without points",
        "  points:\n    company.numberofemployees: {200..: 30, ..199: 10}\n",
        "",
        """
        scoring.yaml:2:3: error: 'fit' has no 'points'
              max: 100
              ^
            Add 'points:' with a table for each property, or 'use:' with a score of HubSpot's.
        """,
    ),
    MistakeCase(
        "values mixed with ranges",
        "{200..: 30, ..199: 10}",
        "\n      5, 200..: 30",
        """
        scoring.yaml:5:7: error: '5, 200..' mixes values with ranges or words
                  5, 200..: 30
                  ^
            Give each its own line.
        """,
    ),
    MistakeCase(
        "a half-life of zero",
        "half_life: 14d",
        "half_life: 0d",
        """
        scoring.yaml:6:22: error: 'half_life' is a duration above zero, not '0d'
              decay: {half_life: 0d}
                                 ^
            Write 15min, 4h, 7d, 2 weeks or 1 month (30 days).
        """,
    ),
    MistakeCase(
        "a decay that is neither",
        "half_life: 14d",
        "every: 14d",
        """
        scoring.yaml:6:10: error: 'decay' is a half-life, or steps with 'every' and 'by'
              decay: {every: 14d}
                     ^
            Write {half_life: 14d}, or {every: 1 month, by: 50%}.
        """,
    ),
    MistakeCase(
        "a share above all",
        "{half_life: 14d}",
        "{every: 1 month, by: 150%}",
        """
        scoring.yaml:6:31: error: 'by' is a share from 1% to 100%, not '150%'
              decay: {every: 1 month, by: 150%}
                                          ^
            Write 50%.
        """,
    ),
    MistakeCase(
        "a maximum of zero",
        "max: 100",
        "max: 0",
        """
        scoring.yaml:2:8: error: 'max' is a whole number from 1 to 1000, not '0'
              max: 0
                   ^
            Write 100.
        """,
    ),
    MistakeCase(
        "a gap between the grades",
        "B: ..59",
        "B: ..49",
        """
        scoring.yaml:10:3: error: no grade of 'fit' covers 50 points
              fit: {A: 60.., B: ..49}
              ^
            Every number from 0 to 100 needs one.
        """,
    ),
    MistakeCase(
        "a grade that is no range",
        "B: ..59",
        "B: 59",
        """
        scoring.yaml:10:21: error: a grade needs a range of points, not '59'
              fit: {A: 60.., B: 59}
                                ^
            Write {A: 60.., B: 30..59, C: ..29}.
        """,
    ),
    MistakeCase(
        "a grade of two letters",
        "B: ..59",
        "BB: ..59",
        """
        scoring.yaml:10:18: error: a grade has one letter or digit, not 'BB'
              fit: {A: 60.., BB: ..59}
                             ^
            Write {A: 60.., B: 30..59, C: ..29}.
        """,
    ),
    MistakeCase(
        "a grade that nobody can have",
        "{A: 60.., B: ..59}",
        "{A: 0.., B: ..59}",
        """
        scoring.yaml:10:3: warning: no lead can have the grade 'B' of 'fit'
              fit: {A: 0.., B: ..59}
              ^
            The grades above it take all points from 0 to 100.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_is_told_with_its_place_and_its_remedy(case: MistakeCase) -> None:
    check("scoring.yaml", case)


ENDS = st.none() | st.integers(0, 12)
RANGES = st.tuples(ENDS, ENDS).filter(
    lambda ends: ends != (None, None) and (None in ends or ends[0] <= ends[1])
)


@given(st.lists(RANGES, min_size=2, max_size=4, unique=True))
@settings(max_examples=150, deadline=None)
def test_a_line_that_is_never_reached_is_told_exactly_then(
    ranges: list[tuple[int | None, int | None]],
) -> None:
    keys = [f"{'' if low is None else low}..{'' if high is None else high}" for low, high in ranges]
    table = ", ".join(f"{key}: {points}" for points, key in enumerate(keys))
    scoring = FILES["scoring.yaml"].replace("{200..: 30, ..199: 10}", f"{{{table}}}")

    reported = [mistake.message for mistake in loaded({"scoring.yaml": scoring}).mistakes]

    taken = [
        {n for n in range(-1, 15) if (-1 if low is None else low) <= n <= (14 if high is None else high)}
        for low, high in ranges
    ]
    buried = {keys[place] for place, own in enumerate(taken) if any(own <= above for above in taken[:place])}
    assert {message.split("'")[1] for message in reported if "is never reached" in message} == buried
