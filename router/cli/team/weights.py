"""`router weights`: the weights of teams that share by performance, with their evidence."""

from __future__ import annotations

from typing import Any, Final

import click

from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say
from router.cli.shared.people_arguments import check_name
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.policy.people.roster import Roster
from router.policy.shares.performance_weights import RIPENS, UNCHANGED, Performance
from router.routing.reports.weights import TeamWeights, refresh_weights, weights_of

NOBODY: Final = (
    "No team's weights follow results. To switch it on, write in team.yaml: "
    "idf: {reps: [camille, hugo], weights: performance}"
)


@click.command(epilog="\b\nExamples: router weights\n          router weights --team idf --json")
@click.option("--team", help="Only this team.")
@click.option("--apply", is_flag=True, help="Put the new factors in force now instead of tonight.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def weights(team: str | None, apply: bool, as_json: bool) -> None:
    """Show what reps won of the leads they received, and the weights that follow from it.

    For teams with `weights: performance` in team.yaml. Each rep's rate is shrunk towards the team's, as far
    as chance alone could explain the difference; the factor (0.5 to 2) multiplies the weight of team.yaml.
    Every night puts new factors in force, recorded with their evidence; old decisions keep the weights they
    were made with.
    """
    services = services_with_rules()
    policy = services.rules.policy()
    check_name("team", team, policy.roster.teams)
    changed = apply and refresh_weights(services)
    chosen = [
        one
        for one in weights_of(
            store=services.store, ledger=services.ledger, rules=services.rules, clock=services.clock
        )
        if team in (None, one.team.name)
    ]
    if as_json:
        print_json([_as_facts(one, policy.roster) for one in chosen])
        return
    for one in chosen:
        _show(one, policy.roster)
    if not chosen:
        say(NOBODY if team is None else f"The weights of {team} are fixed, as team.yaml says.")
    elif apply:
        say("These factors are in force now." if changed else "They were in force already.")


def _show(one: TeamWeights, roster: Roster) -> None:
    out, found = screen(), one.performance
    rows = [
        (
            rep.rep,
            rep.received,
            rep.won,
            f"{_percent(rep.low)}–{_percent(rep.high)} %",
            f"{100 * rep.expected:.1f} %",
            f"{rep.factor / 1000:.2f}",
            f"{one.in_force[rep.rep] / 1000:.2f}",
            f"{roster.reps[rep.rep].weight * one.in_force[rep.rep] // UNCHANGED / 1000:g}",
        )
        for rep in found.reps
    ]
    headings = ("rep", "received", "won", "95 % sure", "expected", "factor", "in force", "weight")
    days = one.team.performance.days if one.team.performance else 0
    title = f"Team {one.team.name}: leads of {days} days, up to {RIPENS.days} days ago"
    out.print(titled(title, table(*headings, rows=rows, numbers=range(1, 8))))
    if found.strength is None:
        out.print("Chance alone explains these wins, so every factor is 1.")
    else:
        leads = count_of(round(found.strength), "lead")
        out.print(f"The team's rate counts as {leads} in every rep's expected rate.")
    out.print("factor: by these wins. in force: since the last night. weight: with it.")
    out.print()


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f}"


def _as_facts(one: TeamWeights, roster: Roster) -> dict[str, Any]:
    return {
        "team": one.team.name,
        "days": one.team.performance.days if one.team.performance else None,
        "received": one.performance.received,
        "won": one.performance.won,
        "strength": one.performance.strength,
        "reps": [_rep_as_facts(rep, one, roster) for rep in one.performance.reps],
    }


def _rep_as_facts(rep: Performance, one: TeamWeights, roster: Roster) -> dict[str, Any]:
    in_force = one.in_force[rep.rep]
    return {
        "rep": rep.rep,
        "received": rep.received,
        "won": rep.won,
        "rate_between": [rep.low, rep.high],
        "expected_rate": rep.expected,
        "factor": rep.factor / 1000,
        "factor_in_force": in_force / 1000,
        "weight_in_file": roster.reps[rep.rep].weight / 1000,
        "weight_in_force": roster.reps[rep.rep].weight * in_force // UNCHANGED / 1000,
    }
