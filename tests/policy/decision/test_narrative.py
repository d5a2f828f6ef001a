"""The sentence on the record and the steps behind it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from router.policy.decision.narrative import LONGEST
from router.policy.explanation.explanation import explain
from router.policy.people.roster import TimeOff
from router.policy.rules.conditions import AllOf, AnyOf, IsKnown
from router.policy.rules.policy import Assign, DoNothing, Nurture, ToTeam
from router.policy.rules.scoring import GradeGrid, HalfLife, PointsLine, PointsTable, Scorecard, Scoring
from router.policy.shares.share import credit_in_words
from router.policy.shares.share_book import LEAD, Book
from router.policy.wording.phrases import PHRASES
from tests.world.policies import NOW, a_lead, a_policy, a_rep, a_rule, a_team, asks, deciding

FAIR = Assign(ToTeam("sales"))
EVEN = Book({"credit:sales:anna": 600_000_000, "credit:sales:ben": -600_000_000})


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_phrase_is_there_in_both_languages_with_the_same_words(language: str) -> None:
    for phrase, wordings in PHRASES.items():
        words = {name: set(re.findall(r"{(\w+)}", text)) for name, text in wordings.items()}
        assert words[language] == words["en"], phrase


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sentence_ends_with_its_outcome(language: str) -> None:
    assert PHRASES["sentence"][language].endswith("{outcome}")  # its beginning is written apart


def test_the_sentence_names_rule_standing_rep_and_credit() -> None:
    fr = deciding(a_policy(a_rule("Grands comptes", action=FAIR), language="fr"), book=EVEN)
    en = deciding(a_policy(a_rule("Key accounts", action=FAIR)), book=EVEN)

    assert fr.reason == (
        "Grands comptes : C3, cold, 0 points → anna, dont c'est le tour dans sales (crédit +0,6)"
    )
    assert en.reason == "Key accounts: C3, cold, 0 points → anna, whose turn it is in sales (credit +0.6)"


def test_a_lead_that_nobody_works_says_where_it_goes() -> None:
    assert deciding(a_policy(a_rule("Jobs", action=DoNothing()))).reason.endswith("→ left alone")
    nurtured = deciding(a_policy(a_rule("Cold", action=Nurture("PME 2026"), line=2), language="fr"))
    assert nurtured.reason.endswith("→ nurture (PME 2026)")


def test_the_sentence_is_cut_at_the_rules_name_first() -> None:
    decision = deciding(a_policy(a_rule("x" * 400, action=FAIR)), book=EVEN)

    assert len(decision.reason) == LONGEST
    assert decision.reason.endswith("(credit +0.6)")


def test_the_sentence_holds_nothing_of_the_person() -> None:
    policy = a_policy(
        a_rule(when=asks("jobtitle", "CEO"), action=FAIR), types={"jobtitle": "text", "email": "text"}
    )

    reason = deciding(policy, a_lead(jobtitle="CEO", email="jeanne@acme.fr", firstname="Jeanne")).reason

    assert not any(word in reason for word in ("jeanne", "Jeanne", "acme", "CEO"))


@pytest.mark.parametrize(
    ("credit", "words"),
    [(0, "0,0"), (49_999_999, "0,0"), (-49_999_999, "0,0"), (600_000_000, "+0,6"), (-LEAD, "-1,0")],
)
def test_a_credit_is_told_in_leads(credit: int, words: str) -> None:
    assert credit_in_words(credit, "fr") == words


def test_the_steps_tell_points_rules_reps_and_shares() -> None:
    asked = PointsTable("asked", (PointsLine(IsKnown(), 60, "demo"),))
    scoring = Scoring(
        Scorecard(100, (asked,)), Scorecard(100, (asked,), HalfLife(timedelta(days=14))), GradeGrid((), ())
    )
    belgium = AllOf((asks("asked", "demo"), AnyOf((asks("country", "BE"), asks("country", "LU")))))
    policy = a_policy(
        a_rule("Belgium", belgium, line=3),
        a_rule("Demo", asks("asked", "demo"), FAIR, line=7),
        a_rule("Below", line=9),
        scoring=scoring,
        roster=a_team(a_rep("anna", weight=2), a_rep("ben"), a_rep("chloe"),
                      time_off=(TimeOff("chloe", NOW.date(), NOW.date()),)),
        types={"asked": "choice", "country": "choice"},
    )  # fmt: skip
    lead = a_lead(asked="demo", country="FR", recent_conversion_date="2026-11-10T09:15:00Z")
    decision = deciding(policy, lead)

    steps = explain(decision, policy, language="en")

    assert [(step.title, step.lines) for step in steps] == [
        ("Fit: 60 of 100", ("asked, demo: +60",)),
        ("Engagement: 30 of 100", ("asked, demo: +30 (+60 before ageing)",)),
        ("Score 90, grade , segment cold", ()),
        ("Rule: Demo (line 7)", ("not Belgium (line 3): any of (country: BE | country: LU)",)),
        ("Passed over", ("chloe: on leave until 24 Nov",)),
        ("Shares before this lead",
         ("anna: weight 2, credit 0.0", "ben: weight 1, credit 0.0", "next up: anna")),
        ("Outcome", ("anna (owner owner-anna)", "due Tue 24 Nov 14:15", decision.reason)),
    ]  # fmt: skip


def test_under_other_rules_the_steps_say_that_the_rule_is_gone() -> None:
    decision = deciding(a_policy(a_rule("Old", action=FAIR, line=3)))

    steps = explain(decision, a_policy(a_rule("New", asks("country", "BE"), line=3)), language="en")

    assert steps[3].lines[-1] == "the rules have changed since: Old is no longer among them"
