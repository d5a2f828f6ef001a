"""Every command of the command line with the arguments that are measured, or the reason why it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from router.cli.commands import COMMANDS
from router.ledger import Ledger
from router.ledger.tables import DECISIONS, RULE_CHANGES


@dataclass(frozen=True, slots=True)
class Call:
    """One way to call a command. `leads` names the figure of `Facts` by which its cost is divided, if any.

    A person waits at most a second for a call without `leads`; the others show their progress, lead by lead.
    """

    arguments: str
    leads: str = ""


CALLS: Final[Mapping[str, tuple[Call, ...]]] = {
    "ledger": (Call("ledger"), Call("ledger check", leads="all")),
    "health": (Call("health"),),
    "explain": (Call("explain {contact}"),),
    "compare": (Call("compare --since 30d"),),
    "fairness": (
        Call("fairness --since 30d"),
        Call("fairness --since 365d"),
        Call("fairness --rep hugo --since 30d"),
    ),
    "response": (
        Call("response --since 30d"),
        Call("response --since 365d"),
        Call("response --rep hugo --since 30d"),
    ),
    "weights": (Call("weights"),),
    "credit": (Call("credit camille +1 --team tous --why bench --yes"),),
    "revisions": (Call("revisions"), Call("revisions show {revision}")),
    "undo": (Call("undo {revision} --json", leads="of_revision"),),
    "reroute": (Call("reroute --rule Chauds --since 7d --json", leads="of_week"),),
    "replay": (Call("replay {decision}"),),
    "backtest": (Call("backtest --leads ledger --since 30d", leads="of_month"),),
    "settling": (Call("settling --since 30d"),),
    "parked": (Call("parked"),),
    "away": (Call("away"),),
    "sweep": (Call("sweep --plan"),),
    "night": (Call("night"),),
    "overdue": (Call("overdue"),),
    "orphans": (Call("orphans"),),
    "notify": (Call("notify"),),
    "queue": (Call("queue"),),
    "links": (Call("links"),),
    "forget": (Call("forget {forgotten}"),),
}
EXEMPT: Final[Mapping[str, str]] = {
    "demo": "starts a portal and a ledger of its own",
    "check": "reads the rule files alone",
    "test": "reads the rule files alone",
    "show": "reads the rule files alone",
    "schema": "reads the rule files alone",
    "setup": "asks HubSpot alone",
    "pull": "asks HubSpot alone",
    "up": "starts processes, whose start is a row of its own",
    "back": "writes one field in Redis",
    "claim": "moves one lead in Redis; its recording is a row of its own",
    "release": "moves one lead in Redis; its recording is a row of its own",
    "revise": "reads some counts in Redis",
    "token": "writes one small file",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the calls name in one ledger, and how many leads they concern."""

    values: Mapping[str, str]
    counts: Mapping[str, int]


def undecided() -> tuple[str, ...]:
    """Commands that are neither measured nor exempt: a new one has to be put into one of the tables."""
    return tuple(name for name in COMMANDS if name not in CALLS and name not in EXEMPT)


def facts_of(ledger: Ledger) -> Facts:
    """A contact and its decision from the middle of the year, the first revision, and the counts."""
    now = datetime.now(UTC)
    with ledger.database.connect() as connection:
        middle = select(DECISIONS.c.id, DECISIONS.c.contact_id).order_by(DECISIONS.c.decided_at)
        total = connection.execute(select(func.count()).select_from(DECISIONS)).scalar_one()
        decision = connection.execute(middle.offset(total // 2).limit(1)).one()
        forgotten = connection.execute(middle.offset(total // 3).limit(1)).one()
        changes = select(RULE_CHANGES.c.revision).order_by(RULE_CHANGES.c.live_since)
        revision = connection.execute(changes.limit(1)).scalar_one()

        def count(*where: Any) -> int:
            return int(
                connection.execute(select(func.count()).select_from(DECISIONS).where(*where)).scalar_one()
            )

        def since(days: int) -> Any:
            return DECISIONS.c.decided_at >= (now - timedelta(days=days)).isoformat()

        counts = {
            "of_revision": count(DECISIONS.c.revision == revision),
            "of_week": count(since(7)),
            "of_month": count(since(30)),
            "all": total,
            "clones": total,
        }
    values = {
        "contact": decision.contact_id,
        "decision": decision.id,
        "revision": revision,
        "forgotten": forgotten.contact_id,
    }
    return Facts(values, counts)


def arguments_of(call: Call, facts: Facts) -> Sequence[str]:
    """The words of the call in that ledger."""
    return call.arguments.format(**facts.values).split()
