"""What is said about every mistake in lists.yaml."""

from __future__ import annotations

import pytest

from tests.world.rule_files import MistakeCase, check

CASES = (
    MistakeCase(
        "an empty list",
        "[NO, SE]",
        "[]",
        """
        lists.yaml:2:11: error: the list 'nordic' is empty
              nordic: []
                      ^
            Fill it in, or remove it.
        """,
    ),
    MistakeCase(
        "a list that includes itself",
        "[NO, SE]",
        "[NO, $europe]",
        """
        lists.yaml:3:12: error: the list 'europe' includes itself
              europe: [$nordic, FR]
                       ^
            Remove '$nordic'.
        """,
    ),
    MistakeCase(
        "an unknown list inside a list",
        "[$nordic, FR]",
        "[$nordics, FR]",
        """
        lists.yaml:3:12: error: there is no list 'nordics'
              europe: [$nordics, FR]
                       ^
            Did you mean 'nordic'?
        """,
    ),
    MistakeCase(
        "a value twice",
        "[NO, SE]",
        "[NO, SE, NO]",
        """
        lists.yaml:2:20: warning: 'NO' stands twice in the list 'nordic'
              nordic: [NO, SE, NO]
                               ^
            Remove one of the two.
        """,
    ),
    MistakeCase(
        "a map as a value",
        "[NO, SE]",
        "[{NO: SE}]",
        """
        lists.yaml:2:12: error: a part of the list 'nordic' is one value, not a list or a map
              nordic: [{NO: SE}]
                       ^
            Remove the brackets.
        """,
    ),
    MistakeCase(
        "a strange name",
        "nordic:",
        "the nordic:",
        """
        lists.yaml:2:3: error: 'the nordic' cannot be the name of a list
              the nordic: [NO, SE]
              ^
            Use letters, digits and '_'.
        lists.yaml:3:12: error: there is no list 'nordic'
              europe: [$nordic, FR]
                       ^
            Did you mean 'the nordic'?
        routing.yaml:9:21: error: there is no list 'nordic' in lists.yaml
                when: {country: $nordic}
                                ^
            Did you mean 'the nordic'?
        """,
    ),
    MistakeCase(
        "a value that no country has",
        "[NO, SE]",
        "[NO, UK]",
        """
        routing.yaml:9:21: error: in the list 'nordic': 'UK' is not an option of country
                when: {country: $nordic}
                                ^
            Write the two letters of its code, such as FR.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_is_told_with_its_place_and_its_remedy(case: MistakeCase) -> None:
    check("lists.yaml", case)
