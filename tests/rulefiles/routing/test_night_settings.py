"""`night` in routing.yaml: what happens once a night."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal

import pytest

from router.policy.rules.night_settings import NIGHT, BrakeLimits, NightSettings
from router.rulefiles.document.markdown import as_markdown
from router.rulefiles.document.policy_document import document_of
from tests.world.rule_files import ROUTING, MistakeCase, a_catalog, check, policy_of


def written(night: str) -> str:
    return f"night: {{{night}}}\nsegments:\n"


CASES = (
    MistakeCase(
        "no time of the day",
        "segments:\n",
        written("at: 25:00"),
        """
        routing.yaml:1:13: error: '25:00' is no time of the day
            night: {at: 25:00}
                        ^
            Write 02:30.
        """,
    ),
    MistakeCase(
        "a span that is none",
        "segments:\n",
        written("reassign_when_away: five days"),
        """
        routing.yaml:1:29: error: 'reassign_when_away' cannot be 'five days'
            night: {reassign_when_away: five days}
                                        ^
            Write 5d, from 1h to 90d of clock time.
        """,
    ),
    MistakeCase(
        "a span that is too short",
        "segments:\n",
        written("reassign_when_overdue: 5min"),
        """
        routing.yaml:1:32: error: 'reassign_when_overdue' cannot be '5min'
            night: {reassign_when_overdue: 5min}
                                           ^
            Write 5d, from 1h to 90d of clock time.
        """,
    ),
    MistakeCase(
        "neither true nor false",
        "segments:\n",
        written("reassign_when_gone: 5d"),
        """
        routing.yaml:1:29: error: 'reassign_when_gone' is true or false, not '5d'
            night: {reassign_when_gone: 5d}
                                        ^
            Write true to move the open leads of deactivated owners, or false.
        """,
    ),
    MistakeCase(
        "a key that resembles another",
        "segments:\n",
        written("reassign_when_afar: 5d"),
        """
        routing.yaml:1:9: error: 'night' has no key 'reassign_when_afar'
            night: {reassign_when_afar: 5d}
                    ^
            Did you mean 'reassign_when_away'?
        """,
    ),
    MistakeCase(
        "a brake on nothing",
        "segments:\n",
        written("max_reassignments_per_night: {count: 5}"),
        """
        routing.yaml:1:9: error: 'max_reassignments_per_night' has no effect: nothing is moved at night
            night: {max_reassignments_per_night: {count: 5}}
                    ^
            Add reassign_when_away: 5d or another reason, or remove it.
        """,
    ),
    MistakeCase(
        "no leads at all",
        "segments:\n",
        written("reassign_when_away: 5d, max_reassignments_per_night: {count: 0}"),
        """
        routing.yaml:1:70: error: '0' is no number of leads
            night: {reassign_when_away: 5d, max_reassignments_per_night: {count: 0}}
                                                                                 ^
            Write 200, or 1 at least.
        """,
    ),
    MistakeCase(
        "a share without its sign",
        "segments:\n",
        written("reassign_when_away: 5d, max_reassignments_per_night: {share: 5}"),
        """
        routing.yaml:1:70: error: '5' is no share of the open leads
            night: {reassign_when_away: 5d, max_reassignments_per_night: {share: 5}}
                                                                                 ^
            Write 5%.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_night_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize(
    ("line", "night"),
    [
        ("", NIGHT),
        ("night: {at: 04:00}\n", NightSettings(at=time(4, 0))),
        ("night: {reassign_when_gone: true}\n", NightSettings(when_gone=True)),
        (
            "night: {reassign_when_away: 5d, reassign_when_overdue: 12h, push_when_queued: 1 week}\n",
            NightSettings(
                when_away=timedelta(days=5), when_overdue=timedelta(hours=12), when_queued=timedelta(days=7)
            ),
        ),
        (
            "night: {reassign_when_away: 5d, max_reassignments_per_night: {share: 12.5%}}\n",
            NightSettings(when_away=timedelta(days=5), limits=BrakeLimits(share=Decimal("0.125"))),
        ),
    ],
)
def test_the_night_is_as_written(line: str, night: NightSettings) -> None:
    assert policy_of({"routing.yaml": line + ROUTING}).night == night


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("deactivated", "stays away for 5 days", "12 h after they were due", "waited 7 days")),
        ("fr", ("désactivé", "absent 5 jours ou plus", "12 h après l'échéance", "depuis 7 jours")),
    ],
)
def test_the_document_tells_what_moves_at_night_and_the_brake(language: str, told: tuple[str, ...]) -> None:
    night = (
        "night: {reassign_when_gone: true, reassign_when_away: 5d, reassign_when_overdue: 12h, "
        "push_when_queued: 7d, max_reassignments_per_night: {count: 150, share: 4%}}\n"
    )

    document = as_markdown(
        document_of(policy_of({"routing.yaml": night + ROUTING}), a_catalog(), language=language)
    )

    assert all(words in document for words in told)
    assert "150" in document
    assert "4%" in document.replace("\u00a0", "")
