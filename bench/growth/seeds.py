"""The really routed leads from which larger ledgers are cloned: some of each month of one year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import redis
from sqlalchemy import Table, select

from bench.growth.rules import write_revision
from bench.processes import Stage
from router.bootstrap import open_services
from router.ledger.tables import DECISIONS, EVENTS, FOLLOW_UPS, REVISIONS, RULE_CHANGES
from router.policy.rules.policy import Policy
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.settings import read_settings
from tests.world.leads import announce, route_all
from tests.world.time import Clock

DAYS: Final = 365
GOES_LIVE: Final = time(8, 0, tzinfo=UTC)
"""The hour at which a month's rules go live; its leads come between 9:00 and 16:00 UTC."""
TAKEN_BY_PEOPLE: Final = 2
"""Leads of each month whose owner a person changes afterwards."""
KINDS: Final = ("demo", "devis", "contenu", "demo", "devis", "support")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seed:
    """One routed lead: its row in `decisions`, and its rows in `events` and `follow_ups`."""

    decision: Row
    events: Sequence[Row]
    follow_ups: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Month:
    """A revision's leads. `begins` and `ends` (aware UTC) bound the time in which the rules were live."""

    begins: datetime
    ends: datetime
    policy: Policy
    seeds: Sequence[Seed]


@dataclass(frozen=True, slots=True)
class Year:
    """All months, first to last, with the rows of `revisions` and `rule_changes`."""

    months: Sequence[Month]
    revisions: Sequence[Row]
    rule_changes: Sequence[Row]

    @property
    def decisions(self) -> int:
        """The number of decisions that were really made."""
        return sum(len(month.seeds) for month in self.months)


def route_a_year(stage: Stage, *, months: int, leads: int, ends: datetime) -> Year:
    """Route `leads` in each of `months` parts of the year that ends on the day before `ends` (aware UTC).

    Portal and product live in the same simulated time. The stage's own ledger keeps all of it.
    """
    folder = Path(stage.environment["CONFIG_DIR"])
    client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
    clock = Clock(stage.sandbox)
    services = open_services(read_settings(stage.environment), client, clock=clock)
    first = ends.date() - timedelta(days=DAYS)
    bounds = [
        datetime.combine(first + timedelta(days=DAYS * n // months), GOES_LIVE) for n in range(months + 1)
    ]
    lived: list[tuple[datetime, datetime, Policy, list[str]]] = []
    for number, (begins, over) in enumerate(pairwise(bounds)):
        clock.set_to(begins)
        write_revision(folder, number)
        services.rules.refresh()
        if number == 0:
            services.store.inbox.open()
        clock.forward(timedelta(hours=1).total_seconds())
        ids = _route(stage, services, clock, number=number, leads=leads)
        lived.append((begins, over, services.rules.policy(), ids))
    found = tuple(
        Month(begins, over, policy, tuple(_seed(services, one) for one in ids))
        for begins, over, policy, ids in lived
    )
    revisions, changes = _rows(services, REVISIONS), _rows(services, RULE_CHANGES)
    clock.set_to(datetime.now(UTC))
    services.ledger.close()
    return Year(found, revisions, changes)


def a_contact(number: int) -> Mapping[str, str]:
    """A contact whom the rules of bench/rules know how to give."""
    return {
        "email": f"contact{number}@entreprise{number % 977}.fr",
        "jobtitle": ("Directeur commercial", "Responsable RH", "Comptable")[number % 3],
        "type_demande": KINDS[number % len(KINDS)],
        "country": ("France", "FR", "france", "Allemagne")[number % 4],
        "zip": f"{number % 95 + 1:02}{number % 1000:03}",
    }


def _route(stage: Stage, services: Services, clock: Clock, *, number: int, leads: int) -> list[str]:
    contacts = [dict(a_contact(number * leads + one)) for one in range(leads)]
    ids = stage.sandbox.create_exactly(contacts, announce=False)
    for one in ids:  # each at a moment of its own, as in life
        announce(services, one)
        route_all(services)
    record_outbox(services)
    for one in ids[:TAKEN_BY_PEOPLE]:
        stage.sandbox.edit_by_hand(one, owner="71480109")
    clock.forward(4)
    while verify_owners(services).looked_at:
        pass
    record_outbox(services)
    return ids


def _seed(services: Services, contact_id: str) -> Seed:
    decisions, events, follow_ups = (
        _rows(services, table, contact_id) for table in (DECISIONS, EVENTS, FOLLOW_UPS)
    )
    (decision,) = decisions
    return Seed(decision, events, follow_ups)


def _rows(services: Services, table: Table, contact_id: str | None = None) -> tuple[Row, ...]:
    query = select(table)
    if contact_id is not None:
        query = query.where(table.c.contact_id == contact_id)
    with services.ledger.database.connect() as connection:
        return tuple(dict(row) for row in connection.execute(query).mappings())
