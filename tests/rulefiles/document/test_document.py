"""The policy document: complete, the same every time, and safe whatever the rules are called."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from router.pages import page
from router.policy.rules.conditions import AllOf
from router.policy.rules.policy import Policy
from router.rulefiles.document.blocks import Bullets, Document, Grid, Heading, Paragraph
from router.rulefiles.document.groups import groups_of
from router.rulefiles.document.markdown import as_markdown
from router.rulefiles.document.phrases import PHRASES, span_in_words
from router.rulefiles.document.policy_document import document_of
from tests.world.policies import a_rule, asks
from tests.world.rule_files import ROUTING, TEAM, a_catalog, policy_of

GROUPED = ROUTING.replace(
    "rules:\n",
    """rules:
  - group: Home
    when: {country: FR}
    rules:
      - table: [request, "->", team, sla]
        rows:
          - [demo, "->", north, 15min]
    otherwise:
      assign: {team: south}
""",
)


def grids(policy: Policy, language: str = "en") -> list[tuple[str, ...]]:
    blocks = document_of(policy, a_catalog(), language=language).blocks
    return [row for block in blocks if isinstance(block, Grid) for row in block.rows]


def test_every_rule_says_what_it_asks_who_gets_the_lead_and_how_fast() -> None:
    rows = grids(policy_of())

    assert rows[:3] == [
        ("1", "Public sector", "Industry (company): Government", "anna", "4 h"),
        (
            "2",
            "Nordic",
            "Country: NO or SE",
            "Team north, each in turn: anna\u00a0100%\nOnly whoever is of level senior",
            "2 h",
        ),
        ("3", "otherwise", "all other leads", "Queue of team north: whoever takes it owns it", "4 h"),
    ]


def test_a_queue_that_pushes_says_after_which_time() -> None:
    hybrid = ROUTING.replace("method: queue}", "method: queue, push_after: 30min}")

    told = grids(policy_of({"routing.yaml": hybrid}))[2][3]

    assert told == "Queue of team north: whoever takes it owns it; after 30 min without a taker, in turn"


def test_a_team_that_shares_by_load_says_so_in_both_languages() -> None:
    by_load = policy_of({"routing.yaml": ROUTING.replace("method: queue}", "method: least_loaded}")})

    told = [grids(by_load, language)[2][3] for language in ("en", "fr")]

    assert told[0].startswith("Team north, to whoever has the fewest open leads for their weight: ")
    assert told[1].startswith("Équipe north, à qui a le moins de leads ouverts pour son poids\u00a0: ")


def test_shares_are_percentages_of_the_teams_weights() -> None:
    shares = [row[1] for row in grids(policy_of()) if row[0].startswith(("anna\n", "ben\n"))]

    assert shares == ["67%\nweight 2", "33%\nweight 1", "100%\nweight 1"]


def test_a_group_tells_its_condition_once() -> None:
    home, rest = groups_of(policy_of({"routing.yaml": GROUPED}).rules)

    assert (home.name, [rule.name for rule in home.rules]) == ("Home", ["demo", "otherwise"])
    assert [len(rule.asks) for rule in home.rules] == [1, 0]
    assert rest.name == ""


def test_a_rule_with_the_groups_sign_in_its_name_is_no_group() -> None:
    rules = (a_rule("A / B", asks("x", "1")), a_rule("A / C", AllOf((asks("x", "2"), asks("y", "1")))))

    (group,) = groups_of(rules)

    assert group.name == ""
    assert [rule.name for rule in group.rules] == ["A / B", "A / C"]


def test_the_same_rules_give_the_same_document() -> None:
    first, second = (document_of(policy_of(), a_catalog(), language="fr") for _ in range(2))

    assert first == second
    assert as_page(first) == as_page(second)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_phrase_has_the_same_words_in_both_languages(language: str) -> None:
    assert language in ("fr", "en")
    for name, (french, english) in PHRASES.items():
        assert set(re.findall(r"{(\w+)}", french)) == set(re.findall(r"{(\w+)}", english)), name


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=15), "15 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(minutes=90), "1 h 30"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=14), "14 days"),
    ],
)
def test_spans_are_told_as_people_do(span: timedelta, words: str) -> None:
    assert span_in_words(span, "en") == words


NASTY = "<script>alert(1)</script> | *x* & [y](javascript:z)"


def as_page(document: Document) -> str:
    return page("policy.html", language=document.language, title=document.title, document=document)


def nasty_document() -> tuple[str, str]:
    policy = policy_of()
    rules = (replace(policy.rules[0], name=NASTY), *policy.rules[1:])
    document = document_of(replace(policy, rules=rules), a_catalog(), language="fr")
    return as_page(document), as_markdown(document)


def test_no_text_of_the_rules_becomes_html() -> None:
    html, _ = nasty_document()

    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)

    Reader().feed(html)

    assert "script" not in tags
    assert "&lt;script&gt;" in html
    assert not re.search(r"(src|href)=\"(?!#)", html), "the page needs nothing from outside"


def test_no_text_of_the_rules_becomes_markdown() -> None:
    _, markdown = nasty_document()

    assert r"\<script\>alert(1)\</script\> \| \*x\* &amp; \[y\](javascript:z)" in markdown
    (row,) = (line for line in markdown.splitlines() if "alert" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


@pytest.mark.parametrize(
    ("time_off", "language", "words"),
    [
        ("catch_up", "en", "keeps earning their part, without a limit"),
        ("{catch_up: 1}", "en", "until the team owes them one lead."),
        ("{catch_up: 5}", "fr", "jusqu'à 5 leads d'avoir"),
        ("{catch_up: 300}, fair_by: value", "fr", "jusqu'à 300 points d'avoir"),
    ],
)
def test_a_team_whose_reps_catch_up_says_how_far(time_off: str, language: str, words: str) -> None:
    team = TEAM.replace("[anna, ben]", f"{{reps: [anna, ben], time_off: {time_off}}}")

    blocks = document_of(policy_of({"team.yaml": team}), a_catalog(), language=language).blocks

    assert sum(words in block.text for block in blocks if isinstance(block, Paragraph)) == 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "shares are counted in points"), ("fr", "les parts se comptent en points")]
)
def test_a_team_that_shares_by_value_says_so(language: str, words: str) -> None:
    by_value = policy_of({"team.yaml": TEAM.replace("[anna, ben]", "{reps: [anna, ben], fair_by: value}")})

    blocks = document_of(by_value, a_catalog(), language=language).blocks

    assert sum(words in block.text for block in blocks if isinstance(block, Paragraph)) == 1


def test_a_team_that_goes_by_results_says_so() -> None:
    policy = policy_of(
        {"team.yaml": TEAM.replace("[anna, ben]", "{reps: [anna, ben], weights: performance}")}
    )

    blocks = document_of(policy, a_catalog(), language="en").blocks

    told = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert sum("These weights follow results" in text and "90 days" in text for text in told) == 1


def late_lines(settle: str, *, language: str = "en") -> tuple[str, ...]:
    """What the document says of late facts."""
    policy = policy_of({"routing.yaml": settle + ROUTING})
    blocks = document_of(policy, a_catalog(), language=language).blocks
    titles = [n for n, block in enumerate(blocks) if block in (Heading(2, LATE[0]), Heading(2, LATE[1]))]
    if not titles:
        return ()
    bullets = blocks[titles[0] + 2]
    assert isinstance(bullets, Bullets)
    return bullets.lines


LATE = PHRASES["late"]


def test_the_wait_for_late_facts_is_told_with_its_figures() -> None:
    assert late_lines("") == ()
    assert late_lines("settle: {wait: 90s, revise: 1h, never_late: [country, -num_*]}\n") == (
        "A new lead waits 90 s at most, and only while a fact that is still missing can change where it "
        "goes; it waits no longer once that fact is there, or nothing has changed for 6 s.",
        "It does not wait for what HubSpot fills by itself, at once or long after: hs_analytics_*, "
        "hs_email_*, notes_*, *score*, country.",
        "For 1 h after it came, a lead that nobody has begun is decided once more if its facts come or "
        "change.",
        "Whoever has it keeps it, if the rules still allow that; otherwise it goes where they send it.",
    )
    wait, *_ = late_lines("settle: {}\n", language="fr")
    assert wait.startswith("Un nouveau lead attend 20 s au plus, et")


def test_a_wait_or_a_revision_that_is_switched_off_is_told_too() -> None:
    assert late_lines("settle: {wait: 0s, revise: 0s}\n") == (
        "No lead waits: it is decided on what is known.",
        "Once it is decided, it is not decided again when its facts change.",
    )
