"""The whole policy as one document: who gets which leads, in what order, and how shares work."""

from __future__ import annotations

from collections.abc import Iterator

from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.document.actions import ActionDescriber
from router.rulefiles.document.blocks import Block, Bullets, Document, Grid, Heading, Paragraph
from router.rulefiles.document.conditions import ConditionDescriber
from router.rulefiles.document.groups import Group, Numbered, groups_of
from router.rulefiles.document.late_facts import late_facts
from router.rulefiles.document.outcomes import describe_outcomes
from router.rulefiles.document.people import PeopleDescriber
from router.rulefiles.document.phrases import say
from router.rulefiles.document.points import PointsDescriber
from router.rulefiles.scoring.grades import grades_of


def document_of(policy: Policy, catalog: Catalog, *, language: str) -> Document:
    """The document in `fr` or `en`; labels of properties and options are the portal's, in its language.

    The same rules always give the same document, to the byte.
    """
    conditions = ConditionDescriber(catalog, language, policy.roster.timezone)
    actions = ActionDescriber(policy, conditions)
    people, points = PeopleDescriber(policy, actions), PointsDescriber(policy, conditions)
    blocks = (
        *_brief(policy, language),
        *_rules(policy, actions),
        *late_facts(policy.settle, language),
        *people.teams(),
        *people.absences(),
        *people.response(),
        *describe_outcomes(policy.outcomes, conditions),
        *people.night(),
        *points.points(),
        *points.grades(),
        *_lists(conditions),
    )
    return Document(
        title=say(language, "title"),
        language=language,
        blocks=blocks,
        footer=say(language, "footer", revision=policy.revision),
    )


def _brief(policy: Policy, language: str) -> Iterator[Block]:
    scoring = policy.scoring
    grades = grades_of(scoring.grade)
    yield Heading(2, say(language, "brief"))
    yield Paragraph(say(language, "brief_text"))
    yield Bullets(
        (
            say(
                language,
                "brief_points",
                fit=scoring.fit.maximum,
                engagement=scoring.engagement.maximum,
            ),
            say(
                language,
                "brief_grade",
                grades=f"{grades[0]} … {grades[-1]}",
                segments=", ".join(segment.name for segment in policy.segments),
            ),
            say(language, "brief_rules", count=len(policy.rules)),
            say(language, "brief_turn"),
            say(language, "brief_written"),
        ),
        are_steps=True,
    )


def _rules(policy: Policy, actions: ActionDescriber) -> Iterator[Block]:
    language = actions.conditions.language
    yield Heading(2, say(language, "rules"))
    yield Paragraph(say(language, "rules_text"))
    headings = tuple(say(language, name) for name in ("number", "rule", "when", "who", "within"))
    was_group = False
    for group in groups_of(policy.rules):
        if group.name:
            yield Heading(3, group.name)
            yield Paragraph(say(language, "group_text"))
            yield Bullets(actions.conditions.lines(group.asks))
        elif was_group:
            yield Heading(3, say(language, "after_group"))
        was_group = bool(group.name)
        yield Grid(headings, tuple(_row(rule, group, actions) for rule in group.rules))


def _row(numbered: Numbered, group: Group, actions: ActionDescriber) -> tuple[str, ...]:
    language = actions.conditions.language
    asks = actions.conditions.lines(numbered.asks)
    name = say(language, "otherwise") if numbered.name == "otherwise" else numbered.name
    is_catch_all = not asks and not group.name
    return (
        str(numbered.number),
        name,
        "\n".join(asks)
        or (say(language, "always") if is_catch_all else f"{say(language, 'always')} ({group.name})"),
        "\n".join(actions.lines(numbered.rule)),
        actions.within(numbered.rule) or "–",
    )


def _lists(conditions: ConditionDescriber) -> Iterator[Block]:
    """The long lists that the other parts only name, so this part comes last."""
    if conditions.lists:
        yield Heading(2, say(conditions.language, "lists"))
        headings = (say(conditions.language, "list"), say(conditions.language, "values"))
        yield Grid(
            headings, tuple((name, ", ".join(conditions.lists[name])) for name in sorted(conditions.lists))
        )
