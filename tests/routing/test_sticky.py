"""One company, one rep, on real parts: in one batch, on two workers at once, and after a deletion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_desk
from router.routing.desk import Desk
from router.routing.record import record
from router.routing.replay import replay
from router.routing.route import route
from router.routing.verify import verify
from router.sandbox.client import SandboxClient
from router.settings import Settings
from tests.routing.conftest import OWNERS, Clock, a_hot_contact, announce, route_all


@pytest.fixture
def rules(rules: Path) -> Path:
    routing = rules / "routing.yaml"
    routing.write_text(f"sticky: company\n{routing.read_text()}")
    return rules


def owner_of(sandbox: SandboxClient, contact_id: str) -> str:
    return str(sandbox.contact(contact_id)["properties"].get("hubspot_owner_id", ""))


def test_contacts_of_one_company_in_one_batch_have_one_owner(desk: Desk, sandbox: SandboxClient) -> None:
    of_acier = [a_hot_contact(email=f"{name}@acier.fr") for name in "abc"]
    others = [a_hot_contact(email=f"{name}@gmail.com") for name in "abc"]
    ids = sandbox.create_exactly([one for pair in zip(of_acier, others, strict=True) for one in pair])
    announce(desk, *ids)

    route_all(desk)

    assert len({owner_of(sandbox, one) for one in ids[::2]}) == 1
    assert OWNERS["camille"] not in [owner_of(sandbox, one) for one in ids[1::2]]  # half of all is her share


def test_contacts_of_one_company_on_two_workers_at_once_have_one_owner(
    desk: Desk, settings: Settings, redis_client: redis.Redis, sandbox: SandboxClient
) -> None:
    other = open_desk(settings, redis_client)
    other.rules.refresh()
    ids = sandbox.create_exactly(
        [a_hot_contact(email=f"p{number}@firm{number % 15}.fr") for number in range(60)]
    )
    desk.owners.by_email()
    announce(desk, *ids)
    batches = [
        (worker, desk.inbox.take(f"worker {place}", limit=15))
        for place, worker in enumerate([desk, other] * 2)
    ]

    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda numbered: route(numbered[1][0], numbered[1][1], consumer=f"worker {numbered[0]}"),
                enumerate(batches),
            )
        )

    owners = [{owner_of(sandbox, one) for one in ids[firm::15]} for firm in range(15)]
    assert [len(of_firm) for of_firm in owners] == [1] * 15
    assert "" not in set.union(*owners)
    other.ledger.close()


def test_an_association_counts_where_the_mail_says_nothing(desk: Desk, sandbox: SandboxClient) -> None:
    (company,) = sandbox.create_companies([{"name": "Acier"}])
    ids = sandbox.create_exactly(
        [a_hot_contact(email=f"{name}@gmail.com", associatedcompanyid=company) for name in "abcd"]
    )
    announce(desk, *ids)

    route_all(desk)

    assert len({owner_of(sandbox, one) for one in ids}) == 1


def test_a_contact_that_comes_back_goes_to_its_previous_rep(desk: Desk, sandbox: SandboxClient) -> None:
    (first,) = sandbox.create_exactly([a_hot_contact(email="jeanne@gmail.com")])
    announce(desk, first)
    route_all(desk)
    before = owner_of(sandbox, first)
    sandbox.delete(first)
    others = sandbox.create_exactly([a_hot_contact(email=f"{name}@gmail.com") for name in "ab"])
    announce(desk, *others)
    route_all(desk)

    (again,) = sandbox.create_exactly([a_hot_contact(email="Jeanne@gmail.com")])
    announce(desk, again)
    route_all(desk)

    assert owner_of(sandbox, again) == before
    assert before not in [owner_of(sandbox, one) for one in others]


def test_what_the_memory_said_is_on_the_record_and_replays(desk: Desk, sandbox: SandboxClient) -> None:
    ids = sandbox.create_exactly([a_hot_contact(email=f"{name}@acier.fr") for name in "ab"])
    announce(desk, *ids)
    route_all(desk)
    record(desk)

    (decision,) = desk.ledger.decisions_of(ids[1])
    replayed = replay(desk.ledger, decision["id"])

    assert [kind for kind, _, _ in decision["inputs"]["remembered"]] == ["domain"]
    assert "dernier lead de ce domaine" in decision["reason"]
    assert replayed is not None
    assert replayed.identical


def test_no_address_and_no_domain_can_be_read_in_redis(
    desk: Desk, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(desk, *ids)

    route_all(desk)

    keys = list(redis_client.scan_iter(match="lr:*:company:*"))
    assert len(keys) == 2
    assert not [key for key in keys if "acier" in f"{key} {redis_client.get(key)}"]
    assert all(0 < redis_client.ttl(key) <= 30 * 86_400 for key in keys)


def test_a_forgotten_contact_leaves_no_memory(
    desk: Desk, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(desk, contact)
    route_all(desk)

    desk.erasures.erase(contact)

    assert list(redis_client.scan_iter(match="lr:*:company:*")) == []


def test_a_lead_that_a_person_took_is_not_followed(
    desk: Desk, sandbox: SandboxClient, redis_client: redis.Redis, clock: Clock
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(desk, contact)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(desk)
    clock.forward(4)

    verify(desk)

    assert owner_of(sandbox, contact) == OWNERS["claire"]
    assert list(redis_client.scan_iter(match="lr:*:company:*")) == []
