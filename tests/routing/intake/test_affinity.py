"""One company, one rep, on real parts: in one batch, on two workers at once, and after a deletion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_services
from router.hubspot.api.records import Record
from router.policy.leads.lead import Lead
from router.routing.intake.affinity import affinity_memory
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.recovery.erase import erase_contacts
from router.routing.reports.replay import replay_decision
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, credits_of, route_all
from tests.world.time import Clock


@pytest.fixture
def rules(rules: Path) -> Path:
    routing = rules / "routing.yaml"
    routing.write_text(f"sticky: company\n{routing.read_text()}")
    return rules


def owner_of(sandbox: SandboxClient, contact_id: str) -> str:
    return str(sandbox.contact(contact_id)["properties"].get("hubspot_owner_id", ""))


def test_contacts_of_one_company_in_one_batch_have_one_owner(
    services: Services, sandbox: SandboxClient
) -> None:
    of_acier = [a_hot_contact(email=f"{name}@acier.fr") for name in "abc"]
    others = [a_hot_contact(email=f"{name}@gmail.com") for name in "abc"]
    ids = sandbox.create_exactly([one for pair in zip(of_acier, others, strict=True) for one in pair])
    announce(services, *ids)

    route_all(services)

    assert len({owner_of(sandbox, one) for one in ids[::2]}) == 1
    assert OWNERS["camille"] not in [owner_of(sandbox, one) for one in ids[1::2]]  # half of all is her share


def test_contacts_of_one_company_on_two_workers_at_once_have_one_owner(
    services: Services, settings: Settings, redis_client: redis.Redis, sandbox: SandboxClient
) -> None:
    other = open_services(settings, redis_client, clock=services.clock)
    other.rules.refresh()
    ids = sandbox.create_exactly(
        [a_hot_contact(email=f"p{number}@firm{number % 15}.fr") for number in range(60)]
    )
    services.people.owners.by_email()
    announce(services, *ids)
    batches = [
        (worker, services.store.inbox.take(f"worker {place}", limit=15))
        for place, worker in enumerate([services, other] * 2)
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


def test_an_association_counts_where_the_mail_says_nothing(
    services: Services, sandbox: SandboxClient
) -> None:
    (company,) = sandbox.create_companies([{"name": "Acier"}])
    ids = sandbox.create_exactly(
        [a_hot_contact(email=f"{name}@gmail.com", associatedcompanyid=company) for name in "abcd"]
    )
    announce(services, *ids)

    route_all(services)

    assert len({owner_of(sandbox, one) for one in ids}) == 1


def test_a_contact_that_comes_back_goes_to_its_previous_rep(
    services: Services, sandbox: SandboxClient
) -> None:
    (first,) = sandbox.create_exactly([a_hot_contact(email="jeanne@gmail.com")])
    announce(services, first)
    route_all(services)
    before = owner_of(sandbox, first)
    sandbox.delete(first)
    others = sandbox.create_exactly([a_hot_contact(email=f"{name}@gmail.com") for name in "ab"])
    announce(services, *others)
    route_all(services)

    (again,) = sandbox.create_exactly([a_hot_contact(email="Jeanne@gmail.com")])
    announce(services, again)
    route_all(services)

    assert owner_of(sandbox, again) == before
    assert before not in [owner_of(sandbox, one) for one in others]


def test_what_the_memory_said_is_on_the_record_and_replays(
    services: Services, sandbox: SandboxClient
) -> None:
    ids = sandbox.create_exactly([a_hot_contact(email=f"{name}@acier.fr") for name in "ab"])
    announce(services, *ids)
    route_all(services)
    record_outbox(services)

    (decision,) = services.ledger.decisions_of(ids[1])
    replayed = replay_decision(services.ledger, decision["id"])

    assert [kind for kind, _, _ in decision["inputs"]["remembered"]] == ["domain"]
    assert "dernier lead de ce domaine" in decision["reason"]
    assert replayed is not None
    assert replayed.identical


def test_no_address_and_no_domain_can_be_read_in_redis(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(services, *ids)

    route_all(services)

    keys = list(redis_client.scan_iter(match="lr:*:company:*"))
    assert len(keys) == 2
    assert not [key for key in keys if "acier" in f"{key} {redis_client.get(key)}"]
    assert all(0 < redis_client.ttl(key) <= 30 * 86_400 for key in keys)


def test_a_forgotten_contact_leaves_no_memory(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(services, contact)
    route_all(services)

    services.store.erasures.erase(contact)

    assert list(redis_client.scan_iter(match="lr:*:company:*")) == []


def test_a_lead_that_a_person_took_is_not_followed(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, clock: Clock
) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(services, contact)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    clock.forward(4)

    verify_owners(services)

    assert owner_of(sandbox, contact) == OWNERS["claire"]
    assert list(redis_client.scan_iter(match="lr:*:company:*")) == []


BACK = """rules:
  - name: Revenu
    when: {previous_owner: known}
    assign: {to: previous_owner}
"""


@pytest.fixture
def by_rule(services: Services, rules: Path) -> Services:
    """Nothing is sticky; a rule gives contacts that come back to who had them."""
    routing = (rules / "routing.yaml").read_text("utf-8").replace("sticky: company\n", "")
    (rules / "routing.yaml").write_text(routing.replace("rules:\n", BACK, 1), "utf-8")
    services.rules.refresh()
    return services


def test_a_rule_gives_a_contact_that_comes_back_to_who_had_it_and_it_replays(
    by_rule: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    first, other = sandbox.create_exactly(
        [a_hot_contact(email=mail) for mail in ("jeanne@acier.fr", "paul@acier.fr")]
    )
    announce(by_rule, first, other)
    route_all(by_rule)
    before = owner_of(sandbox, first)
    assert len(redis_client.keys("*company:*")) == 2  # of mail addresses, and of nothing else
    for once_more in ("Jeanne@acier.fr", " jeanne@ACIER.fr"):
        sandbox.delete(first)
        (first,) = sandbox.create_exactly([a_hot_contact(email=once_more)])
        announce(by_rule, first)
        route_all(by_rule)

        assert owner_of(sandbox, first) == before

    record_outbox(by_rule)
    (decision,) = by_rule.ledger.decisions_of(first)
    replayed = replay_decision(by_rule.ledger, decision["id"])
    assert (decision["rule"], decision["facts"]["previous_owner"]) == ("Revenu", before)
    assert "qui suivait déjà ce contact" in decision["reason"]
    assert replayed is not None
    assert replayed.identical
    assert owner_of(sandbox, other) != before


@pytest.mark.parametrize("gives_back", [False, True])
def test_who_claimed_a_contact_had_it_unless_they_gave_it_back(
    by_rule: Services, sandbox: SandboxClient, rules: Path, clock: Clock, gives_back: bool
) -> None:
    routing = (rules / "routing.yaml").read_text("utf-8")
    (rules / "routing.yaml").write_text(routing.replace("{team: idf}", "{team: idf, method: queue}"), "utf-8")
    by_rule.rules.refresh()
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(by_rule, contact)
    route_all(by_rule)
    assert claim_lead(by_rule, contact, rep="lea").is_yes
    route_all(by_rule)
    if gives_back:
        clock.forward(10)
        assert release_lead(by_rule, contact, rep="lea", why="not mine").is_yes
        route_all(by_rule)
    sandbox.delete(contact)

    (again,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(by_rule, again)
    route_all(by_rule)

    assert owner_of(sandbox, again) == ("" if gives_back else OWNERS["lea"])


def previous_owner_of(services: Services, record: Record) -> str | None:
    leads = {record.id: Lead(record.id, record.properties)}
    memory = affinity_memory(services.store.companies, services.rules.compiled().affinity, leads)
    return memory.with_previous_owners(leads)[record.id].previous_owner


def test_a_contact_is_not_its_own_return(by_rule: Services, sandbox: SandboxClient) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(by_rule, contact)
    route_all(by_rule)
    properties = sandbox.contact(contact)["properties"]
    again = previous_owner_of(by_rule, Record(contact, properties=properties))
    sandbox.delete(contact)
    (new,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(by_rule, new)
    route_all(by_rule)
    once_more = previous_owner_of(by_rule, Record(new, properties=sandbox.contact(new)["properties"]))

    assert again is None
    assert once_more == properties["hubspot_owner_id"]  # known still, although it has the lead


def test_an_erased_contact_had_no_owner(by_rule: Services, sandbox: SandboxClient) -> None:
    (contact,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(by_rule, contact)
    route_all(by_rule)
    sandbox.delete(contact)
    by_rule.store.erasures.erase(contact)
    (again,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(by_rule, again)
    route_all(by_rule)

    record_outbox(by_rule)
    (decision,) = by_rule.ledger.decisions_of(again)
    assert decision["rule"] == "otherwise"


@pytest.mark.parametrize("how", ["sticky", "by a rule"])
def test_who_was_deleted_within_seconds_and_comes_back_has_the_same_rep(
    request: pytest.FixtureRequest,
    services: Services,
    sandbox: SandboxClient,
    redis_client: redis.Redis,
    clock: Clock,
    how: str,
) -> None:
    if how == "by a rule":
        request.getfixturevalue("by_rule")
    (first,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(services, first)
    route_all(services)
    before, paid = owner_of(sandbox, first), credits_of(services)

    sandbox.delete(first)
    services.store.inbox.append([], changed=[(first, services.now_ms())], deleted=[first])
    clock.forward(4)
    verify_owners(services)
    assert services.store.leads.recall([first])[first].state is State.GONE
    assert set(credits_of(services).values()) == {0}
    (again,) = sandbox.create_exactly([a_hot_contact(email="Jeanne@acier.fr")])
    announce(services, again)
    route_all(services)

    assert owner_of(sandbox, again) == before
    assert credits_of(services) == (paid if how == "sticky" else dict.fromkeys(paid, 0))


def test_a_deleted_lead_that_nobody_had_binds_its_company_to_nobody(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, clock: Clock
) -> None:
    (first,) = sandbox.create_exactly([a_hot_contact(email="jeanne@acier.fr")])
    announce(services, first)
    route_all(services)
    assert len(redis_client.keys("*company:*")) == 2

    sandbox.delete(first)
    services.store.inbox.append([], changed=[(first, services.now_ms())], deleted=[first])
    clock.forward(4)
    verify_owners(services)
    assert len(redis_client.keys("*company:*")) == 1

    services.store.erasures.ask(first)
    erase_contacts(store=services.store, ledger=services.ledger, clock=services.clock, log=services.log)
    assert redis_client.keys("*company:*") == []
