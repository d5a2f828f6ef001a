"""Leads of the tests: how they come, how they are routed, and who owns them then."""

from __future__ import annotations

from datetime import UTC, datetime

from router.routing.intake.route import Routed, route
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from tests.world.time import Time

OWNERS = {
    "camille": "71480101",
    "hugo": "71480102",
    "lea": "71480103",
    "nadia": "71480104",
    "marc": "71480107",
    "claire": "71480109",
}


LYON = {"email": "jeanne@boulanger-sa.fr", "zip": "69003", "country": "France", "type_demande": "demo"}


def park(services: Services, contact_id: str, *, why: str = "HubSpot said no", fault: str = "lead") -> None:
    since = datetime(2026, 11, 24, 9, 15, tzinfo=UTC).isoformat()
    move = Transition(
        contact_id,
        0,
        State.PARKED,
        come_from=frozenset({None}),
        parked={"why": why, "since": since, "fault": fault},
        keep=True,
    )
    services.store.commits.finish([move], now_ms=services.now_ms())


def announce(services: Services, *contact_ids: str) -> None:
    """What the receiver does with a delivery."""
    services.store.inbox.append([(contact_id, services.now_ms()) for contact_id in contact_ids])


def route_all(services: Services, *, consumer: str = "test") -> list[Routed]:
    """What a drain does, one batch after the other."""
    routed = []
    while entries := services.store.inbox.take(consumer, now_ms=services.now_ms()):
        routed.append(route(services, entries, consumer=consumer))
    return routed


def a_hot_contact(**properties: str) -> dict[str, str]:
    """Somebody whom the team's fair share takes."""
    return {
        "email": "a@acier.fr",
        "jobtitle": "Directeur",
        "type_demande": "demo",
        "country": "France",
    } | properties


def a_sure_contact() -> dict[str, str]:
    """Somebody of whom nothing is to come: a private mail address brings no company."""
    return a_hot_contact(email="jeanne@gmail.com")


LATE_FACT = {"country": "Allemagne"}
"""What gives such a contact to Marc."""


def queued(services: Services, sandbox: SandboxClient, count: int = 1, **properties: str) -> list[str]:
    ids = sandbox.create_exactly([a_hot_contact(**properties) for _ in range(count)])
    announce(services, *ids)
    route_all(services)
    return ids


def owner_of(sandbox: SandboxClient, contact_id: str) -> str:
    return str(sandbox.contact(contact_id)["properties"].get("hubspot_owner_id") or "")


def done(
    services: Services, sandbox: SandboxClient, time: Time, count: int = 1, **properties: str
) -> list[str]:
    """Leads that have their owner, whose history was looked at."""
    ids = queued(services, sandbox, count, **properties)
    time.pass_by(seconds=4)
    verify_owners(services)
    return ids


def credits_of(services: Services, team: str = "idf") -> dict[str, int]:
    fields, _ = services.store.commits.read_book()
    prefix = f"credit:{team}:"
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}


def crash(*_: object, **__: object) -> None:
    raise SystemExit(1)


LEAD_OF_THE_SOUTH = {
    "email": "jeanne@boulanger-sa.fr",
    "zip": "69003",
    "country": "France",
    "type_demande": "demo",
    "jobtitle": "Directrice financière",
    "numemployees": "120",
}
"""Whom the rules of the whole company give to team sud."""
