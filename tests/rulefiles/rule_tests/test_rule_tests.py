"""Rule tests: what they may expect, what passes and fails, and what is said of their mistakes."""

from __future__ import annotations

from textwrap import dedent

import pytest
from msgspec.structs import replace

from router.policy.leads.catalog import FactType
from router.rulefiles.rule_tests.run import RuleTestResults, run_tests
from router.rulefiles.rule_tests.verdict import UnmetExpectation
from tests.world.rule_files import ROUTING, a_catalog, a_property, policy_of

HEAD = """\
now: 2026-11-24T10:15
defaults: {email: jo@acme.fr, request: demo, company.numberofemployees: 250}
tests:
"""
FAIR = {"routing.yaml": ROUTING.replace("assign: {team: north, method: queue}", "assign: {team: north}")}
CATALOG = replace(
    a_catalog(), contact={**a_catalog().contact, "country": a_property("country", FactType.TEXT)}
)


def results(tests: str, *, head: str = HEAD, fair: bool = False) -> RuleTestResults:
    """What the small rule files' tests give; with `fair`, what fits no rule is dealt to the team north."""
    content = (head + dedent(tests).lstrip()).encode()
    return run_tests({"tests/a.test.yaml": content}, policy_of(FAIR if fair else {}), CATALOG)


def failures(answer: RuleTestResults) -> list[tuple[str, str, str]]:
    return [(one.what, one.expected, one.got) for tested in answer.tests for one in tested.differences]


def said_of(answer: RuleTestResults) -> str:
    return "\n".join(str(mistake) for mistake in answer.mistakes)


def test_a_lead_that_is_decided_as_expected_passes() -> None:
    answer = results("""
    - name: Norway
      lead: {country: Norvège, request: quote}
      expect: {rule: Nordic, team: north, rep: anna, among: [anna, ben], do: assign, segment: cold,
               status: NEW, due: 2026-11-24T12:15, grade: B2}
    """)

    assert answer.mistakes == ()
    assert failures(answer) == []
    assert answer.passed


def test_a_test_that_fails_says_what_was_expected_what_came_and_why() -> None:
    answer = results("- {name: Norway, lead: {country: Norvège}, expect: {rule: Public sector, do: queue}}")

    assert not answer.passed
    assert answer.tests[0].differences == (
        UnmetExpectation("rule", "Public sector", "Nordic"),
        UnmetExpectation("do", "queue", "assign"),
    )
    titles = [step.title for step in answer.tests[0].steps]
    assert "Règle : Nordic (ligne 8)" in titles


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ("{team: south}", ("team", "south", "north")),
        ("{rep: anna}", ("rep", "anna", "nobody")),
        ("{among: [anna, ben]}", ("among", "anna, ben", "nobody")),
        ("{do: nurture}", ("do", "nurture", "queue")),
        ("{grade: A2}", ("grade", "A2", "B1")),
        ("{segment: cold}", ("segment", "cold", "hot")),
        ("{status: OLD}", ("status", "OLD", "NEW")),
        ("{due: 2026-11-24T14:16}", ("due", "2026-11-24T14:16", "2026-11-24T14:15")),
        ("{share: {anna: 1}}", ("share", "anna 1", "nobody")),
    ],
)
def test_every_expectation_can_fail(expect: str, difference: tuple[str, str, str]) -> None:
    answer = results(f"- {{name: To the queue, expect: {expect}}}")

    assert failures(answer) == [difference]


def test_repeated_leads_are_dealt_one_after_the_other() -> None:
    answer = results("- {name: Shares, repeat: 9, expect: {share: {anna: 6, ben: 3}}}", fair=True)

    assert answer.passed, failures(answer)


def test_a_share_names_everybody_who_gets_leads() -> None:
    answer = results("- {name: Shares, repeat: 9, expect: {share: {anna: 6}}}", fair=True)

    assert failures(answer) == [("share", "anna 6", "anna 6, ben 3")]


def test_the_first_of_the_repeated_leads_that_differs_is_explained() -> None:
    answer = results("- {name: Only Anna, repeat: 3, expect: {rep: anna}}", fair=True)

    assert failures(answer) == [("rep", "anna", "ben")]
    assert answer.tests[0].lead == 2


def test_a_test_can_have_its_own_now() -> None:
    answer = results("""
    - name: While Ben is away
      now: 2026-12-22T10:15
      repeat: 2
      expect: {share: {anna: 2}}
    """, fair=True)  # fmt: skip

    assert answer.passed, failures(answer)


def test_a_property_left_empty_is_not_filled_in() -> None:
    answer = results("- {name: Nobody asked, lead: {request: }, expect: {grade: B2}}")

    assert answer.passed, failures(answer)


def test_values_are_typed_by_their_property() -> None:
    answer = results("""
    - name: Every type
      lead: {zip: 01000, newsletter: true, birthday: 1980-02-29, product: [crm, bi], language: fr,
             recent_conversion_date: 2026-11-24T09:00, company.annualrevenue: 1.5,
             company.industry: GOVERNMENT}
      expect: {rule: Public sector, rep: anna}
    """)

    assert answer.passed, said_of(answer)


def test_rules_that_no_test_reaches_are_named() -> None:
    answer = results("- {name: Norway, lead: {country: Norvège}, expect: {rule: Nordic}}")

    assert [rule.name for rule in answer.unreached] == ["Public sector", "otherwise"]


def test_other_files_are_no_tests() -> None:
    files = {"team.yaml": b"", "tests/notes.yaml": b"", "a.test.yaml": b""}

    answer = run_tests(files, policy_of(), CATALOG)

    assert answer.tests == ()
    assert answer.mistakes == ()
    assert len(answer.unreached) == 3


MISTAKES = {
    "an unknown property": (
        "- {name: A, lead: {requests: demo}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:20: error: HubSpot has no contact property 'requests'
            - {name: A, lead: {requests: demo}, expect: {do: queue}}
                               ^
            Did you mean 'request'?
        """,
    ),
    "a property of the company without its prefix": (
        "- {name: A, lead: {industry: BANKING}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:20: error: HubSpot has no contact property 'industry'
            - {name: A, lead: {industry: BANKING}, expect: {do: queue}}
                               ^
            Did you mean 'company.industry'?
        """,
    ),
    "a fact that is worked out": (
        "- {name: A, lead: {departement: 69}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:20: error: 'departement' is worked out, so a lead cannot be given it
            - {name: A, lead: {departement: 69}, expect: {do: queue}}
                               ^
            Fill in what it is worked out from: zip, country.
        """,
    ),
    "an unknown option": (
        "- {name: A, lead: {request: dmo}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:29: error: 'dmo' is not an option of request (Request)
            - {name: A, lead: {request: dmo}, expect: {do: queue}}
                                        ^
            Did you mean 'demo'?
        """,
    ),
    "a number that is none": (
        "- {name: A, lead: {company.annualrevenue: 1 000}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:43: error: company.annualrevenue (Revenue) is a number, and '1 000' is none
            - {name: A, lead: {company.annualrevenue: 1 000}, expect: {do: queue}}
                                                      ^
            Write it without separators: 1000.
        """,
    ),
    "a moment that is none": (
        "- {name: A, lead: {recent_conversion_date: one}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:44: error: recent_conversion_date (Last conversion) is a moment, and 'one' is none
            - {name: A, lead: {recent_conversion_date: one}, expect: {do: queue}}
                                                       ^
            Write 2026-11-24T09:30, or 2026-11-24 for the beginning of that day.
        """,
    ),
    "a list where one value is held": (
        "- {name: A, lead: {request: [demo]}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:29: error: request (Request) holds one value, not a list
            - {name: A, lead: {request: [demo]}, expect: {do: queue}}
                                        ^
            Remove the brackets.
        """,
    ),
    "an unknown key of a test": (
        "- {name: A, leads: {}, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:13: error: a test has no key 'leads'
            - {name: A, leads: {}, expect: {do: queue}}
                        ^
            Did you mean 'lead'?
        """,
    ),
    "an unknown expectation": (
        "- {name: A, expect: {teams: north}}",
        """
        tests/a.test.yaml:4:22: error: 'expect' has no key 'teams'
            - {name: A, expect: {teams: north}}
                                 ^
            Did you mean 'team'?
        """,
    ),
    "no expectation": (
        "- {name: A, expect: {}}",
        """
        tests/a.test.yaml:4:21: error: the test expects nothing
            - {name: A, expect: {}}
                                ^
            Write one of: rule, team, rep, among, do, grade, segment, status, due, share.
        """,
    ),
    "an unknown rule": (
        "- {name: A, expect: {rule: Nordics}}",
        """
        tests/a.test.yaml:4:28: error: there is no rule 'Nordics'
            - {name: A, expect: {rule: Nordics}}
                                       ^
            Did you mean 'Nordic'?
        """,
    ),
    "an unknown team and rep": (
        "- {name: A, expect: {team: nort, among: [bob]}}",
        """
        tests/a.test.yaml:4:28: error: there is no team 'nort'
            - {name: A, expect: {team: nort, among: [bob]}}
                                       ^
            Did you mean 'north'?
        tests/a.test.yaml:4:42: error: there is no rep 'bob'
            - {name: A, expect: {team: nort, among: [bob]}}
                                                     ^
            There are: anna, ben.
        """,
    ),
    "a grade that no lead can have": (
        "- {name: A, expect: {grade: A9}}",
        """
        tests/a.test.yaml:4:29: error: there is no grade 'A9'
            - {name: A, expect: {grade: A9}}
                                        ^
            There are: A1, A2, B1, B2.
        """,
    ),
    "a deed that is none": (
        "- {name: A, expect: {do: nuture}}",
        """
        tests/a.test.yaml:4:26: error: 'do' cannot be 'nuture'
            - {name: A, expect: {do: nuture}}
                                     ^
            Did you mean 'nurture'?
        """,
    ),
    "shares of more leads than there are": (
        "- {name: A, repeat: 5, expect: {share: {anna: 4, ben: 2}}}",
        """
        tests/a.test.yaml:4:40: error: the shares add up to 6, and the test has only 5 leads
            - {name: A, repeat: 5, expect: {share: {anna: 4, ben: 2}}}
                                                   ^
            Add 'repeat: 6', or correct the shares.
        """,
    ),
    "too many repeats": (
        "- {name: A, repeat: 10001, expect: {do: queue}}",
        """
        tests/a.test.yaml:4:21: error: 'repeat' is a number of leads from 1 to 10000, not '10001'
            - {name: A, repeat: 10001, expect: {do: queue}}
                                ^
            Write 60.
        """,
    ),
    "a name twice": (
        "- {name: A, expect: {do: queue}}\n- {name: A, expect: {do: queue}}",
        """
        tests/a.test.yaml:5:10: error: two tests have the name 'A', on line 4 and on line 5
            - {name: A, expect: {do: queue}}
                     ^
            Give one of them another name.
        """,
    ),
    "no name and no expectation": (
        "- {lead: {}}",
        """
        tests/a.test.yaml:4:3: error: a test has no 'expect'
            - {lead: {}}
              ^
            Add 'expect: {rule: …}' or another expectation.
        tests/a.test.yaml:4:3: error: a test has no 'name'
            - {lead: {}}
              ^
            Add 'name:'; it is what people read when the test fails.
        """,
    ),
}


@pytest.mark.parametrize(("tests", "reported"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place_and_its_remedy(tests: str, reported: str) -> None:
    answer = results(tests)

    assert said_of(answer) == dedent(reported).strip("\n")
    assert not answer.passed


def test_a_file_says_when_its_tests_happen() -> None:
    answer = results("- {name: A, expect: {do: queue}}", head="tests:\n")

    assert said_of(answer) == dedent("""\
        tests/a.test.yaml:1:1: error: a file of tests has no 'now'
            tests:
            ^
            Add 'now: 2026-11-24T10:15', so that the tests give the same answer on every day.""")


def test_a_test_with_a_mistake_is_not_run() -> None:
    answer = results("- {name: A, lead: {request: dmo}, expect: {do: nurture}}")

    assert answer.tests == ()


def test_a_value_that_the_portal_has_archived_is_a_warning_and_no_failure() -> None:
    answer = results("- {name: A, lead: {hs_lead_status: OLD}, expect: {do: queue}}")

    assert answer.mistakes[0].severity == "warning"
    assert answer.passed


BACK = {
    "routing.yaml": ROUTING.replace(
        "rules:\n",
        """rules:
  - name: Back
    when: {previous_owner: known}
    assign: {to: previous_owner}
""",
    )
}


def test_a_lead_can_have_had_an_owner_by_a_reps_name_or_an_address() -> None:
    content = (
        HEAD
        + dedent("""
    - {name: a rep, lead: {previous_owner: ben}, expect: {rule: Back, rep: ben}}
    - {name: an address, lead: {previous_owner: Ben@acme.fr}, expect: {rule: Back, rep: ben}}
    - {name: nobody, lead: {previous_owner: unknown}, expect: {rule: otherwise}}
    - {name: nothing said, expect: {rule: otherwise}}
    """)
    ).encode()

    answer = run_tests({"tests/a.test.yaml": content}, policy_of(BACK), CATALOG)

    assert said_of(answer) == ""
    assert failures(answer) == []
    assert answer.passed


def test_a_previous_owner_that_nobody_is_is_told() -> None:
    answer = results("- {name: back, lead: {previous_owner: bon}, expect: {rule: otherwise}}")

    assert "there is no rep and no HubSpot owner 'bon'" in said_of(answer)
    assert "Did you mean 'ben'?" in said_of(answer)
