"""`router response`: the response times of reps and the outcomes of their leads, from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import click
from rich.text import Text

from router.cli.leads.kept import counted_whole
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.people_arguments import check_name
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.cli.team.compare import span
from router.plain import as_plain
from router.policy.people.roster import Roster
from router.policy.results.follow_up import FollowUp
from router.policy.results.response_times import Response, promptness, response_of, responses
from router.routing.outbox.record import record_outbox

HEADINGS: Final = ("rep", "leads", "answered", "median", "p90", "in time", "late", "won", "lost")
EVERYBODY: Final = "all"
MOST_LATE: Final = 20
"""Late leads that are listed for one rep."""


@click.command(
    epilog="\b\nExamples: router response --since 30d\n          router response --rep hugo\n"
    "          router response --team idf --json"
)
@click.option("--since", callback=span, default="30d", show_default=True, help="How far to look back.")
@click.option("--team", help="Only leads of this team.")
@click.option("--rep", help="Only this rep, with the leads that were not answered in time.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def response(since: timedelta, team: str | None, rep: str | None, as_json: bool) -> None:
    """Show how fast every rep answers, how many leads were answered in time, and their outcomes.

    A lead is answered when its rep has contacted it or changed its status. Lead Router learns of it within
    seconds if the app's webhooks are subscribed to, and every night in any case.
    """
    services = services_with_rules()
    policy = services.rules.policy()
    record_outbox(services)  # includes decisions of a moment ago
    now = services.clock()
    sums = services.ledger.sums.results(since=now - since)
    check_name("team", team, policy.roster.teams, former=(one for one, _ in sums))
    check_name("rep", rep, policy.roster.reps, former=(one for _, one in sums))
    chosen = {
        (of_team, of_rep): one
        for (of_team, of_rep), one in sums.items()
        if team in (None, of_team) and rep in (None, of_rep)
    }
    found = responses(chosen, now=now)
    late: list[FollowUp] = []
    if rep is not None:
        given = services.ledger.follow_ups.since(now - since, rep=rep)
        late = [one for one in given if team in (None, one.team) and promptness(one, now=now) == "late"]
    if as_json:
        print_json(_as_facts(found, now - since, late if rep is not None else None))
        return
    if not found:
        say(f"No rep was given a lead since {local_time(now - since, policy.roster.timezone)}.")
        return
    whose = ", ".join([rep or "everybody", *([f"team {team}"] if team else [])])
    began = local_time(now - since, policy.roster.timezone)
    _show(
        found, response_of(EVERYBODY, chosen.values(), now=now), title=f"Leads given since {began} ({whose})"
    )
    if whole := counted_whole(services.ledger, now - since):
        say(whole)
    if rep is not None:
        _show_late(rep, late, roster=policy.roster)


def _show(found: Sequence[Response], all_of_them: Response, *, title: str) -> None:
    out = screen()
    responses = [*found, all_of_them] if len(found) > 1 else [*found]
    rows = [
        (
            one.rep,
            one.received,
            one.answered,
            _span(one.median),
            _span(one.p90),
            "–" if one.share_in_time is None else f"{100 * one.share_in_time:.0f} %",
            one.late,
            one.won,
            one.lost,
        )
        for one in responses
    ]
    out.print(titled(title, table(*HEADINGS, rows=rows, numbers=range(1, len(HEADINGS)))))
    out.print("median, p90: from the assignment to the first response, by the clock.")
    out.print("in time: of answered and late leads, by their due time, which counts in\nworking hours.")


def _show_late(rep: str, late: Sequence[FollowUp], *, roster: Roster) -> None:
    out, zone = screen(), roster.timezone
    out.print()
    if not late:
        out.print(Text(f"Every lead of {rep} that is due was answered in time.", "green"))
        return
    rows = [
        (
            one.contact_id or "(erased)",
            f"{one.assigned_at.astimezone(zone):%Y-%m-%d %H:%M}",
            "–" if one.due_at is None else f"{one.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
            "not answered" if one.response is None else f"after {_span(one.response)}",
            one.outcome or "",
        )
        for one in late[-MOST_LATE:]
    ]
    title = f"{count_of(len(late), 'lead')} not answered in time"
    more = f", the last {MOST_LATE}" if len(late) > MOST_LATE else ""
    out.print(titled(title + more, table("contact", "given", "due", "answered", "outcome", rows=rows)))


def _span(length: timedelta | None) -> str:
    """`40s`, `12min`, `3h05`, `4d 02h`."""
    if length is None:
        return "–"
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}min"
    if seconds < 86400:
        return f"{seconds // 3600}h{seconds % 3600 // 60:02}"
    return f"{seconds // 86400}d {seconds % 86400 // 3600:02}h"


def _as_facts(found: Sequence[Response], since: datetime, late: Sequence[FollowUp] | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "since": since.isoformat(),
        "reps": [
            {
                **{name: value for name, value in as_plain(one).items() if name not in ("median", "p90")},
                "median_s": _seconds(one.median),
                "p90_s": _seconds(one.p90),
                "share_in_time": one.share_in_time,
            }
            for one in found
        ],
    }
    if late is not None:
        facts["late"] = [
            {
                "contact_id": one.contact_id,
                "decision_id": one.decision_id,
                "assigned_at": one.assigned_at.isoformat(),
                "due_at": None if one.due_at is None else one.due_at.isoformat(),
                "first_response_at": one.first_response_at and one.first_response_at.isoformat(),
                "outcome": one.outcome,
            }
            for one in late
        ]
    return facts


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())
