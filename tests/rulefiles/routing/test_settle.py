"""`settle` in routing.yaml: how long a lead waits for its facts, and can be decided again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.policy.leads.settle import NEVER_LATE, Settle
from router.rulefiles.yaml.mistakes import Mistake, Severity
from tests.world.rule_files import ROUTING, SCORING, MistakeCase, check, loaded, policy_of


def written(settle: str) -> str:
    return f"settle: {{{settle}}}\nsegments:\n"


CASES = (
    MistakeCase(
        "a wait of an hour",
        "segments:\n",
        written("wait: 1h"),
        """
        routing.yaml:1:16: error: 'wait' cannot be '1h'
            settle: {wait: 1h}
                           ^
            Write 20s, up to 2min.
        """,
    ),
    MistakeCase(
        "a quiet that never ends a wait",
        "segments:\n",
        written("wait: 5s, quiet: 10s"),
        """
        routing.yaml:1:20: error: 'quiet' is longer than 'wait', so it never ends a wait
            settle: {wait: 5s, quiet: 10s}
                               ^
            Write a shorter quiet, or a longer wait.
        """,
    ),
    MistakeCase(
        "a pattern that is none",
        "segments:\n",
        written("never_late: [Job title]"),
        """
        routing.yaml:1:23: error: 'Job title' is no property that comes late or never
            settle: {never_late: [Job title]}
                                  ^
            Write a contact property such as langue, a beginning such as hs_email_*, or -num_*.
        """,
    ),
    MistakeCase(
        "taken out of nothing",
        "segments:\n",
        written("never_late: [-langue]"),
        """
        routing.yaml:1:23: error: '-langue' takes out what is not in the usual list
            settle: {never_late: [-langue]}
                                  ^
            It can take out: hs_analytics_*, hs_email_*, notes_*, num_*, *score*.
        """,
    ),
)


WARNED = (
    MistakeCase(
        "no wait",
        "segments:\n",
        written("wait: 0s, quiet: 0s"),
        """
        routing.yaml:1:10: warning: with 'wait: 0s' no lead waits for its facts
            settle: {wait: 0s, quiet: 0s}
                     ^
            Write wait: 20s, or leave 'settle' out if leads shall not be decided once more either.
        """,
    ),
)


def test_settle_that_cannot_matter_is_warned_about() -> None:
    never = 'settle: {never_late: ["*"]}\n'
    only_contact = ROUTING.replace("company.industry: GOVERNMENT", "request: demo")
    scoring = SCORING.replace(
        "company.numberofemployees: {200..: 30, ..199: 10}", "request: {demo: 30, other: 1}"
    )

    idle = warnings_of({"routing.yaml": never + only_contact, "scoring.yaml": scoring})
    some = warnings_of({"routing.yaml": never + ROUTING, "scoring.yaml": scoring})
    off = warnings_of({"routing.yaml": only_contact, "scoring.yaml": scoring})

    assert [(one.line, one.message) for one in idle] == [
        (1, "no fact that these files read can come late, so 'settle' changes nothing")
    ]
    assert some == off == ()


def warnings_of(changed: dict[str, str]) -> tuple[Mistake, ...]:
    answer = loaded(changed)
    assert answer.policy is not None
    return tuple(one for one in answer.mistakes if one.severity is Severity.WARNING)


@pytest.mark.parametrize("case", (*CASES, *WARNED), ids=lambda case: case.behaviour)
def test_a_mistake_in_settle_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize(
    ("line", "settle"),
    [
        ("", None),
        ("settle: {}\n", Settle()),
        (
            "settle: {wait: 1min, quiet: 0s, revise: 2h}\n",
            Settle(wait=timedelta(minutes=1), quiet=timedelta(0), revise=timedelta(hours=2)),
        ),
        (
            "settle: {never_late: [country, -num_*]}\n",
            Settle(never_late=(*(one for one in NEVER_LATE if one != "num_*"), "country")),
        ),
    ],
)
def test_a_key_that_is_left_out_has_its_usual_value(line: str, settle: Settle | None) -> None:
    assert policy_of({"routing.yaml": line + ROUTING}).settle == settle
