"""The whole policy as a tree on a terminal: groups, rules and teams."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from rich.tree import Tree

from router.policy.leads.catalog import Catalog
from router.policy.people.roster import Team
from router.policy.rules.policy import Policy
from router.rulefiles.document.actions import ActionDescriber
from router.rulefiles.document.conditions import ConditionDescriber
from router.rulefiles.document.groups import Group, Numbered, groups_of
from router.rulefiles.document.people import night_lines
from router.rulefiles.document.phrases import say
from router.rulefiles.document.sla_steps import BreachDescriber


def policy_tree(policy: Policy, catalog: Catalog, *, language: str) -> Tree:
    """The policy from segments to teams, in `fr` or `en`."""
    conditions = ConditionDescriber(catalog, language, policy.roster.timezone)
    actions = ActionDescriber(policy, conditions)
    root = Tree(Text(f"{say(language, 'title')} ({policy.revision})", "bold"), guide_style="dim")
    segments = root.add(_title(say(language, "grades")))
    for segment in policy.segments:
        words = say(language, "otherwise") if segment.when is None else conditions.describe(segment.when)
        segments.add(Text.assemble((segment.name, "bold"), f"  {words}"))
    rules = root.add(_title(say(language, "rules")))
    for group in groups_of(policy.rules):
        _add_group(rules, group, actions, language)
    teams = root.add(_title(say(language, "teams")))
    for team in policy.roster.teams.values():
        reps = [policy.roster.reps[name] for name in team.reps]
        words = ", ".join((actions.shares(reps), *_terms(team, language)))
        teams.add(Text.assemble((team.name, "bold"), f"  {words}"))
    default = actions.span(policy.default_sla)
    sla = root.add(Text.assemble((say(language, "sla"), "bold cyan"), f"  {default}"))
    sla_policy = BreachDescriber(policy, language)
    for step in policy.sla_policy.on_breach:
        sla.add(Text(sla_policy.step(step)))
    for name, steps in policy.sla_policy.by_segment.items():
        branch = sla.add(Text(name, "bold"))
        for step in steps:
            branch.add(Text(sla_policy.step(step)))
    night = root.add(Text.assemble((say(language, "night"), "bold cyan"), f"  {policy.night.at:%H:%M}"))
    for line in night_lines(policy, language):
        night.add(Text(line))
    return root


def _add_group(rules: Tree, group: Group, actions: ActionDescriber, language: str) -> None:
    branch = rules
    if group.name:
        asks = ", ".join(actions.conditions.lines(group.asks))
        branch = rules.add(Text.assemble((group.name, "bold yellow"), (f"  {asks}", "dim")))
    for numbered in group.rules:
        branch.add(_rule(numbered, actions, language))


def _rule(numbered: Numbered, actions: ActionDescriber, language: str) -> Text:
    """A rule in a few lines: its name, its conditions, its action and its SLA."""
    name = say(language, "otherwise") if numbered.name == "otherwise" else numbered.name
    line = f"  routing.yaml:{numbered.rule.line}"
    asks = "; ".join(actions.conditions.lines(numbered.asks)) or say(language, "always")
    within = actions.within(numbered.rule)
    first, *rest = actions.lines(numbered.rule)
    done = "\n  ".join([first + (f" ({within})" if within else ""), *rest])
    return Text.assemble(
        (f"{numbered.number}. {name}", "bold"), (line, "dim"), f"\n{asks}", ("\n→ ", "green"), done
    )


def _terms(team: Team, language: str) -> Iterator[str]:
    """The special terms of the team's shares, in a few words."""
    if team.fair_by == "value":
        yield say(language, "in_points")
    if team.catch_up is not None:
        most = team.catch_up.at_most
        yield say(language, "catches_up" if most is None else f"catches_up_{team.unit}", count=most)
    if team.performance is not None:
        yield say(language, "follows_results", days=team.performance.days)


def _title(text: str) -> Text:
    return Text(text, "bold cyan")
