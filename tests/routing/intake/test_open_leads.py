"""Whatever people and the router do, in any order: open leads count with whoever has them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from router.policy.results.outcomes import USUAL
from router.policy.shares.share_book import Book
from router.routing.followup.follow import follow_changes
from router.routing.followup.reassign import Reassignment, reassign
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.queues.tend import tend_queues
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.rule_folders import with_rules
from tests.world.time import Time

REPS = ("camille", "hugo", "lea", "marc")
STATUSES = ("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED", "BAD_TIMING", "CONNECTED", "")
RULES = """
language: en
segments: {all: otherwise}
rules:
  - name: Marc
    when: {country: $etranger}
    assign: {rep: marc}
  - name: Waits
    when: {type_demande: contenu}
    assign: {team: idf, method: queue}
otherwise: {assign: {team: idf}}
sla: {default: 4h}
"""


class Days:
    """Anything that can happen to leads, one step after the other, by chance."""

    def __init__(self, services: Services, sandbox: SandboxClient, time: Time, seed: int) -> None:
        self.services, self.sandbox, self.time = services, sandbox, time
        self.chance = random.Random(seed)
        self.ids: list[str] = []
        self.steps: tuple[Callable[[], None], ...] = (
            *(self.create, self.create, self.owner, self.owner, self.status, self.status, self.status),
            *(self.claim, self.release, self.reassign, self.delete, self.wait, self.follow, self.follow),
        )

    def step(self) -> None:
        self.chance.choice(self.steps)()

    def any_lead(self) -> str:
        return self.chance.choice(self.ids)

    def create(self) -> None:
        kind, country = self.chance.choice(("demo", "demo", "contenu")), self.chance.choice(("France", "DE"))
        self.ids += (new := self.sandbox.create_exactly([a_hot_contact(type_demande=kind, country=country)]))
        announce(self.services, *new)
        if self.chance.random() < 0.3:
            self.sandbox.overtake(times=1)  # a person chooses between our read and our write
        if self.chance.random() < 0.8:
            route_all(self.services)

    def owner(self) -> None:
        contact_id = self.any_lead()
        owner = self.chance.choice([*OWNERS.values(), ""])
        self.sandbox.edit_by_hand(contact_id, owner=owner)
        self.announce(contact_id)

    def status(self) -> None:
        contact_id = self.any_lead()
        self.sandbox.edit_by_hand(contact_id, status=self.chance.choice(STATUSES))
        self.announce(contact_id)

    def announce(self, contact_id: str) -> None:
        self.services.store.inbox.append([], changed=[(contact_id, self.services.now_ms())])

    def claim(self) -> None:
        claim_lead(self.services, self.any_lead(), rep=self.chance.choice(REPS[:3]))

    def release(self) -> None:
        contact_id = self.any_lead()
        owner = self.sandbox.contact(contact_id)["owner"]
        for rep in REPS:
            if OWNERS[rep] == owner:
                release_lead(self.services, contact_id, rep=rep, why="not for me")

    def reassign(self) -> None:
        contact_id = self.any_lead()
        state = self.services.store.leads.recall([contact_id]).get(contact_id)
        if state is not None:
            excluded = frozenset(self.chance.sample(REPS, self.chance.randint(0, 2)))
            asked = Reassignment(contact_id, state.episode, state.owner_id, "chance", excluded)
            reassign(self.services, [asked], run="test")

    def delete(self) -> None:
        if self.chance.random() < 0.3:
            contact_id = self.any_lead()
            self.ids.remove(contact_id)
            self.sandbox.delete(contact_id)
            self.announce(contact_id)
        if not self.ids:
            self.create()

    def wait(self) -> None:
        self.time.pass_by(seconds=self.chance.choice((1, 4, 200)))
        route_all(self.services)
        verify_owners(self.services)
        tend_queues(self.services)

    def follow(self) -> None:
        follow_changes(self.services)

    def settle(self) -> None:
        for _ in range(6):
            self.time.pass_by(seconds=200)
            route_all(self.services)
            while verify_owners(self.services).looked_at:
                pass
            while follow_changes(self.services).looked_at:
                pass
            tend_queues(self.services)
            route_all(self.services)


@pytest.mark.parametrize("seed", range(4))
def test_the_book_counts_what_hubspot_shows(
    services: Services, sandbox: SandboxClient, rules: Path, time: Time, seed: int
) -> None:
    with_rules(services, rules, RULES)
    days = Days(services, sandbox, time, seed)
    days.create()

    for _ in range(70):
        days.step()
    days.settle()

    shown: Counter[str] = Counter()
    for contact in sandbox.contacts(brief=True):
        if contact["status"] in USUAL.open_statuses:
            shown[contact["owner"]] += 1
    book = Book(services.store.commits.read_book()[0])
    assert {rep: book.open_leads(rep) for rep in REPS} == {rep: shown[OWNERS[rep]] for rep in REPS}
