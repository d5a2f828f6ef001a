"""Revisions of the tests: leads whose facts come late, and the looks that find them."""

from __future__ import annotations

from router.policy.decision.trigger import Revised, trigger_of_record
from router.policy.settling.listened import compared
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.revision.look import Looked, look_at_changes
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import LeadState
from tests.world.leads import announce, route_all
from tests.world.time import Time

BUSINESS = {"email": "jeanne@boulanger-sa.fr", "jobtitle": "Directrice", "type_demande": "demo"}
"""Somebody whose country is not known: the rules of SETTLING wait for it."""


def verified(services: Services, time: Time) -> None:
    """What is decided is written, and its owner history is looked at."""
    route_all(services)
    time.pass_by(seconds=4)
    verify_owners(services)


def decided(
    services: Services, sandbox: SandboxClient, time: Time, count: int = 1, **properties: str
) -> list[str]:
    """Leads that were decided on what was there after their wait, and are done."""
    ids = sandbox.create_exactly([BUSINESS | properties for _ in range(count)])
    announce(services, *ids)
    route_all(services)
    time.pass_by(seconds=21)
    verified(services, time)
    return ids


def tell(services: Services, *contact_ids: str, name: str = "country") -> None:
    """What the receiver does with a property change."""
    services.store.inbox.append([], touched=[(one, name) for one in contact_ids], now_ms=services.now_ms())


def revised(services: Services, time: Time) -> Looked:
    """One look, and what follows from it."""
    looked = look_at_changes(services)
    verified(services, time)
    record_outbox(services)
    return looked


def state_of(services: Services, contact_id: str) -> LeadState:
    return services.store.leads.recall([contact_id])[contact_id]


def kinds_of(services: Services, contact_id: str) -> list[str]:
    record_outbox(services)
    return [event.kind for event in services.ledger.events_of(contact_id)]


def trigger_of(services: Services, contact_id: str) -> Revised:
    """The trigger of the lead's last decision."""
    record_outbox(services)
    found = trigger_of_record(services.ledger.decisions_of(contact_id)[-1]["inputs"].get("occasion"))
    assert isinstance(found, Revised)
    return found


def names(services: Services) -> tuple[str, ...]:
    return compared(services.rules.needed())
