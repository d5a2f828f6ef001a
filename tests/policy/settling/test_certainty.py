"""A decision that is called certain stays, whatever of the lead's facts is still to come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from router.hubspot.properties import COMPANY as LINK
from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.decision.decide import rule_for
from router.policy.leads.email import domain_of, kind_of
from router.policy.leads.lead import Lead
from router.policy.leads.settle import Settle, never_late
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Policy
from router.policy.settling.certainty import Certainty, CertaintyOfPolicy
from router.policy.settling.open_facts import LateFacts, late_facts
from router.rulefiles.load import load_files
from router.rules_on_disk import read_rule_files
from router.sandbox.people.people import people
from router.timestamps import epoch_ms
from tests.world.rule_folders import COMPANY
from tests.world.time import NOW

CREATED = {"createdate": NOW.isoformat()}


@dataclass(frozen=True)
class Judge:
    """The company's rules, ready to judge leads."""

    compiled: CompiledPolicy
    late: LateFacts
    certainty: CertaintyOfPolicy

    def of(self, lead: Lead) -> Certainty:
        facts = self.compiled.read(lead, NOW)
        return self.certainty.of(facts, self.late.open_in(lead, facts), NOW)

    def target(self, lead: Lead) -> tuple[object, ...]:
        rule = rule_for(self.compiled, self.compiled.read(lead, NOW), NOW)
        return rule.action, rule.sla, rule.status, rule.task


@pytest.fixture(scope="module")
def policy() -> Policy:
    loaded = load_files(read_rule_files(COMPANY)).policy
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def judge(policy: Policy) -> Judge:
    late = late_facts(facts_needed(policy), Settle())
    return Judge(compile_policy(policy), late, CertaintyOfPolicy(policy))


def some_of(lead: Lead, part: float, chance: random.Random) -> Lead:
    """The lead while some of what can come late is missing."""
    business = kind_of(domain_of(lead.properties["email"]) or "") == "business"
    late = {name for name in lead.properties if Settle().comes_late(name)} - {"email", *CREATED}
    late -= set() if business else {LINK}
    names = [name for name in lead.properties if name not in late or chance.random() < part]
    return Lead("1", {name: lead.properties[name] for name in names}, lead.company if LINK in names else {})


def complete_leads(count: int) -> Iterator[Lead]:
    drawn = list(people(count, seed=11, today_ms=epoch_ms(NOW), taken=frozenset()))
    for one in drawn:
        company = one.company if one.colleague_of is None else drawn[one.colleague_of].company
        linked = {LINK: "9"} if company else {}
        properties = {name: text for name, text in one.contact.items() if text} | CREATED | linked
        yield Lead("1", properties, {name: text for name, text in (company or {}).items() if text})


def test_what_is_certain_early_is_certain_and_the_same_once_the_facts_are_there(judge: Judge) -> None:
    chance, early, settled = random.Random(5), 0, 0
    for lead in complete_leads(600):
        for part in (0.1, 0.5, 0.9):
            partial = some_of(lead, part, chance)
            found = judge.of(partial)
            early += 1
            if found.is_certain:
                settled += 1
                assert judge.target(lead) == judge.target(partial)
            else:
                assert found.waits_for <= judge.late.open_in(partial, judge.compiled.read(partial, NOW))

    assert 0.1 < settled / early < 0.9  # neither of the two is called by default


def test_the_rule_that_takes_the_complete_lead_was_a_candidate(judge: Judge) -> None:
    chance = random.Random(6)
    for lead in complete_leads(300):
        candidates = judge.of(some_of(lead, 0.5, chance)).candidates

        assert rule_for(judge.compiled, judge.compiled.read(lead, NOW), NOW) in candidates


def test_an_address_alone_waits_for_what_the_rules_ask(judge: Judge) -> None:
    found = judge.of(Lead("1", {"email": "ana@acier.fr"} | CREATED))

    assert len(found.candidates) > 1
    assert {"country", "jobtitle", "account_owner"} <= found.waits_for
    assert not found.is_certain


def test_empty_fields_of_a_linked_company_are_not_waited_for(judge: Judge) -> None:
    linked = {"email": "ana@acier.fr", LINK: "9"} | CREATED

    assert "account_owner" in judge.of(Lead("1", {"email": "ana@acier.fr"} | CREATED)).waits_for
    assert not any(
        "company" in one or one == "account_owner" for one in judge.of(Lead("1", linked)).waits_for
    )


def test_a_private_mailbox_has_no_company_to_wait_for(judge: Judge) -> None:
    found = judge.of(Lead("1", {"email": "ana@gmail.com"} | CREATED))

    assert not any("company" in one or one == "account_owner" for one in found.waits_for)


@pytest.mark.parametrize("name", ["hs_analytics_source", "num_notes", "hubspotscore", "hubspot_owner_id"])
def test_some_properties_never_come_late(name: str) -> None:
    assert not Settle().comes_late(name)


def test_patterns_are_added_and_taken_out() -> None:
    settle = Settle(never_late=never_late(("langue", "-num_*")))

    assert not settle.comes_late("langue")
    assert settle.comes_late("num_notes")
    assert settle.comes_late("country")
    assert not settle.comes_late("hs_email_domain")
