"""`router credit`: give a rep credit that the rest of the team pays."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import click

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import print_json
from router.cli.shared.output import ask, say
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.policy.shares.grant import CannotGrant
from router.routing.outbox.record import record_outbox
from router.routing.people.overrides import reason_of
from router.routing.reports.fairness import Granted, TooBusy, grant, plan_grant


def _amount(_ctx: click.Context, _param: click.Parameter, value: str) -> Decimal:
    try:
        amount = Decimal(value)
        is_exact = amount == round(amount, 9)  # the book counts in billionths
    except (InvalidOperation, ValueError, OverflowError):
        is_exact = False
    if not is_exact:
        raise click.BadParameter(f"'{value}' is no number. Write +2, -1 or +0.5.")
    return amount


@click.command(
    context_settings={"ignore_unknown_options": True},  # or -2 would be an option
    epilog='Example: router credit camille +2 --team idf --why "Two leads were duplicates"',
)
@click.argument("rep")
@click.argument("amount", callback=_amount)
@click.option("--team", required=True, help="The team whose leads these are.")
@click.option("--why", required=True, help="One sentence for the record.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON; grants only with --yes.")
def credit(rep: str, amount: Decimal, team: str, why: str, yes: bool, as_json: bool) -> None:
    """Give a rep credit for leads (or take it, with a minus); the rest of the team pays by weight.

    AMOUNT is in leads; in a team that shares by value, it is in points of score. Shows every rep's credit
    before and after, and asks. The next leads follow the credit by themselves: the rep who is owed most is
    next up. The ledger keeps the credit and the reason.
    """
    why = reason_of(why)
    if not why:
        raise click.BadParameter("say why in a sentence: it is kept for ever.", param_hint="--why")
    services = services_with_rules()
    try:
        planned = plan_grant(team=team, rep=rep, amount=amount, store=services.store, rules=services.rules)
        if not as_json:
            _show(planned, team=team)
        if not yes and not as_json:
            ask("Grant this?")
        if yes or not as_json:
            planned = grant(
                services.store.credits,
                team=team,
                rep=rep,
                amount=amount,
                why=why,
                store=services.store,
                rules=services.rules,
                clock=services.clock,
                log=services.log,
            )
            record_outbox(services)
    except (CannotGrant, TooBusy) as refusal:
        raise UserError(str(refusal)) from refusal
    if as_json:
        print_json(_as_json(planned, team=team, done=yes))
    else:
        say("Granted.")


def _show(planned: Granted, *, team: str) -> None:
    rows = [(rep, f"{before:+.2f}", f"{after:+.2f}") for rep, (before, after) in planned.credits.items()]
    title = f"Credits of the team {team}, in {planned.unit}"
    screen().print(titled(title, table("rep", "before", "after", rows=rows, numbers=(1, 2))))


def _as_json(planned: Granted, *, team: str, done: bool) -> dict[str, object]:
    moves = {rep: {"before": before, "after": after} for rep, (before, after) in planned.credits.items()}
    return {"done": done, "team": team, "unit": planned.unit, "credits": moves}
