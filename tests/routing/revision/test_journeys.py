"""Revisions beside everything else that moves a lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.routing.followup.reassign import Reassignment, reassign
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.recovery.erase import erase_contacts
from router.routing.revision.look import look_at_changes
from router.routing.take_back.plan import carry_out, plan_undo
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, credits_of, owner_of
from tests.world.revisions import decided, kinds_of, revised, state_of, tell, verified
from tests.world.rule_folders import PULLED, SETTLING, with_rules
from tests.world.time import Time

SETTLE = "\nsettle: {wait: 20s, quiet: 6s, revise: 15min}\n"
ONE_TEAM = """
language: en
segments: {all: otherwise}
rules:
  - name: Abroad
    when: {country: $etranger}
    assign: {team: idf}
    sla: SLA
otherwise:
  assign: {team: idf}
sla:
  default: 4h
  on_breach:
    - {after: 50%, notify: rep}
"""
STICKY = """
language: en
sticky: company
segments: {all: otherwise}
rules:
  - name: Marc
    when: {country: $etranger}
    assign: {rep: marc}
otherwise:
  assign: {team: idf}
sla: {default: 4h}
"""
OF_COMPANY = """
language: en
segments: {all: otherwise}
rules:
  - name: Followed
    when: {account_owner: known}
    assign: {to: account_owner}
otherwise:
  assign: {team: idf}
sla: {default: 4h}
"""


@pytest.fixture
def settling(services: Services, rules: Path) -> Services:
    return with_rules(services, rules, SETTLING)


def with_second_team(services: Services, rules: Path) -> None:
    """Foreign leads go to Marc and Nadia, in turn."""
    team = rules / "team.yaml"
    text = team.read_text().replace("  paul:", "  nadia:   {owner: nadia.benali@acme.fr}\n  paul:")
    team.write_text(f"{text}  sud: [marc, nadia]\n")
    services.rules.refresh()


def abroad(services: Services, sandbox: SandboxClient, contact_id: str) -> None:
    sandbox.edit_by_hand(contact_id, properties={"country": "Allemagne"})
    tell(services, contact_id)


@pytest.mark.parametrize(("sla", "starts_anew"), [("4h", False), ("8h", False), ("1h", True)])
def test_a_rep_who_keeps_the_lead_gets_no_more_time_and_no_reminder_twice(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path, sla: str, starts_anew: bool
) -> None:
    with_rules(services, rules, ONE_TEAM.replace("SLA", sla) + SETTLE)
    # Nothing is open under one team and one SLA, so it is decided at once.
    (contact_id,) = decided(services, sandbox, time)
    before, owner = state_of(services, contact_id), owner_of(sandbox, contact_id)
    due = sandbox.contact(contact_id)["properties"]["lead_router_due_at"]
    time.pass_by(minutes=2)
    abroad(services, sandbox, contact_id)

    assert revised(services, time).revising == 1

    state = state_of(services, contact_id)
    assert before.assignment and state.assignment and state.revisable
    assert (owner_of(sandbox, contact_id), state.episode, state.revisable.moves) == (owner, 1, 0)
    assert state.assignment["rule"] == "Abroad"
    assert (state.assignment["at"] == before.assignment["at"]) is not starts_anew
    now_due = sandbox.contact(contact_id)["properties"]["lead_router_due_at"]
    assert (now_due < due) if starts_anew else (now_due == due)
    assert sandbox.contact(contact_id)["properties"]["lead_router_rule"] == "Abroad"
    fields, _ = services.store.commits.read_book()
    assert sum(change for name, change in fields.items() if name.startswith("open:")) == 1
    assert sum(credits_of(services).values()) == 0


def test_a_lead_that_waits_in_a_queue_leaves_it(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, PULLED + SETTLE)
    (contact_id,) = decided(services, sandbox, time)
    assert state_of(services, contact_id).state is State.QUEUED
    abroad(services, sandbox, contact_id)

    assert revised(services, time).revising == 1

    assert owner_of(sandbox, contact_id) == OWNERS["marc"]
    assert services.store.queues.waiting_in_all() == 0


def test_a_lead_goes_back_from_a_rep_into_a_queue(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, PULLED + SETTLE)
    (contact_id,) = decided(services, sandbox, time, country="Allemagne")
    sandbox.edit_by_hand(contact_id, properties={"country": "France"})
    tell(services, contact_id)

    assert revised(services, time).revising == 1

    assert (owner_of(sandbox, contact_id), state_of(services, contact_id).state) == ("", State.QUEUED)
    fields, _ = services.store.commits.read_book()
    assert fields.get("open:marc", 0) == 0


def test_a_claimed_lead_is_not_revised(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, PULLED + SETTLE)
    (contact_id,) = decided(services, sandbox, time)
    claim_lead(services, contact_id, rep="hugo")
    verified(services, time)
    abroad(services, sandbox, contact_id)

    assert revised(services, time).revising == 0
    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_a_claim_beats_a_revision_that_is_on_its_way(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, PULLED + SETTLE)
    (contact_id,) = decided(services, sandbox, time)
    abroad(services, sandbox, contact_id)
    look_at_changes(services)
    claim_lead(services, contact_id, rep="hugo")

    verified(services, time)

    assert owner_of(sandbox, contact_id) == OWNERS["hugo"]


def test_a_released_lead_is_not_revised(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, PULLED + SETTLE)
    (contact_id,) = decided(services, sandbox, time)
    claim_lead(services, contact_id, rep="hugo")
    verified(services, time)
    release_lead(services, contact_id, rep="hugo", why="not mine")
    verified(services, time)

    assert state_of(services, contact_id).revisable is None


def test_a_company_that_is_linked_late_decides(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, OF_COMPANY + SETTLE)
    (contact_id,) = decided(services, sandbox, time)
    (company,) = sandbox.create_companies([{"name": "Acme", "hubspot_owner_id": OWNERS["marc"]}])
    sandbox.edit_by_hand(contact_id, properties={"associatedcompanyid": company})
    tell(services, contact_id, name="associatedcompanyid")

    assert revised(services, time).revising == 1

    assert owner_of(sandbox, contact_id) == OWNERS["marc"]
    assert "account_owner" in services.ledger.decisions_of(contact_id)[-1]["inputs"]["occasion"]["facts"]


def test_the_memory_of_a_company_follows_the_lead(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, STICKY + SETTLE)
    (contact_id,) = decided(services, sandbox, time)
    abroad(services, sandbox, contact_id)
    revised(services, time)

    (colleague,) = decided(services, sandbox, time, email="paul@boulanger-sa.fr", country="France")

    record_outbox(services)
    assert owner_of(sandbox, contact_id) == OWNERS["marc"]
    assert services.ledger.decisions_of(colleague)[-1]["outcome"]["owner_id"] != ""
    remembered = services.ledger.decisions_of(colleague)[-1]["inputs"]["remembered"]
    assert {owner for _, owner, _ in remembered} <= {OWNERS["marc"]}


def test_a_reassignment_ends_what_could_be_revised(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    state = state_of(settling, contact_id)
    wanted = Reassignment(contact_id, state.episode, state.owner_id, "nobody acted")
    reassign(settling, [wanted], run="test")
    abroad(settling, sandbox, contact_id)
    verified(settling, time)
    owner = owner_of(sandbox, contact_id)

    assert revised(settling, time).revising == 0
    assert (owner_of(sandbox, contact_id), state_of(settling, contact_id).revisable) == (owner, None)


def test_an_erased_contact_leaves_no_trace_on_the_list(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    abroad(settling, sandbox, contact_id)
    settling.store.erasures.ask(contact_id)
    erase_contacts(store=settling.store, ledger=settling.ledger, clock=settling.clock, log=settling.log)

    assert settling.store.revise.length() == 0
    assert revised(settling, time).looked_at == 0


def test_a_changed_score_is_shown_and_no_decision_is_made(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = decided(settling, sandbox, time, country="France", jobtitle="Comptable")
    before = sandbox.contact(contact_id)["properties"]
    sandbox.edit_by_hand(contact_id, properties={"jobtitle": "Directeur"})
    tell(settling, contact_id, name="jobtitle")

    looked = revised(settling, time)

    after = sandbox.contact(contact_id)["properties"]
    assert (looked.refreshed, looked.revising) == (1, 0)
    assert int(after["lead_router_score"]) > int(before["lead_router_score"])
    same = ("hubspot_owner_id", "lead_router_decision_id", "lead_router_due_at", "hs_lead_status")
    assert [after.get(name) for name in same] == [before.get(name) for name in same]
    assert kinds_of(settling, contact_id)[-1] == "refreshed"
    tell(settling, contact_id, name="jobtitle")
    assert revised(settling, time).changed == 0


def test_many_leads_of_one_team_keep_its_credits_whole(
    settling: Services, sandbox: SandboxClient, time: Time
) -> None:
    ids = decided(settling, sandbox, time, 12)
    for contact_id in ids[::2]:
        abroad(settling, sandbox, contact_id)

    assert revised(settling, time).revising == 6

    owners = [owner_of(sandbox, one) for one in ids]
    assert owners[::2] == [OWNERS["marc"]] * 6
    assert OWNERS["marc"] not in owners[1::2]
    assert sum(credits_of(settling).values()) == 0
    fields, _ = settling.store.commits.read_book()
    assert sum(change for name, change in fields.items() if name.startswith("open:")) == 12
    assert all(name != "open:marc" or count == 6 for name, count in fields.items())


@pytest.mark.parametrize("source", ["IMPORT", "CRM_UI_BULK_ACTION"])
def test_what_is_changed_in_bulk_moves_nobody_and_a_later_form_does(
    settling: Services, sandbox: SandboxClient, time: Time, source: str
) -> None:
    (contact_id,) = decided(settling, sandbox, time)
    first = owner_of(sandbox, contact_id)
    sandbox.change(contact_id, properties={"country": "Allemagne"}, source=source)
    settling.store.revise.look_again([contact_id], at_ms=settling.now_ms())

    assert revised(settling, time).revising == 0
    assert owner_of(sandbox, contact_id) == first
    assert kinds_of(settling, contact_id)[-1] == "not_revised"

    sandbox.change(contact_id, properties={"country": "Norvège"}, source="FORM")
    tell(settling, contact_id)
    assert revised(settling, time).revising == 1
    assert owner_of(sandbox, contact_id) == OWNERS["marc"]


def test_undo_takes_back_a_revised_lead_with_its_share(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    wrong = SETTLING.replace("rep: marc", "rep: paul") + "\n"
    with_rules(services, rules, SETTLING)
    (contact_id,) = decided(services, sandbox, time)
    with_rules(services, rules, wrong.replace("rep: paul", "rep: marc"))
    revision = services.rules.policy().revision
    abroad(services, sandbox, contact_id)
    revised(services, time)
    with_rules(services, rules, SETTLING.replace("{country: $etranger}", "{type_demande: support}"))

    plan = plan_undo(services, revision)
    carry_out(services, plan)
    verified(services, time)

    assert [step.wanted.contact_id for step in plan.steps] == [contact_id]
    assert owner_of(sandbox, contact_id) in {OWNERS["camille"], OWNERS["hugo"], OWNERS["lea"]}
    assert sum(credits_of(services).values()) == 0
    fields, _ = services.store.commits.read_book()
    assert sum(change for name, change in fields.items() if name.startswith("open:")) == 1


def books_agree(services: Services) -> bool:
    """Whether the ledger would restore the book that Redis has."""
    record_outbox(services)
    fields, _ = services.store.commits.read_book()
    restored, _ = services.ledger.shares.book()
    lasting = {name for name in (*fields, *restored) if name.startswith(("credit:", "returned:"))}
    return all(fields.get(name, 0) == restored.get(name, 0) for name in lasting)


def test_a_person_who_is_faster_than_the_revisions_write_leaves_whole_shares(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, SETTLING.replace("{rep: marc}", "{team: sud}"))
    with_second_team(services, rules)
    (contact_id,) = decided(services, sandbox, time)
    abroad(services, sandbox, contact_id)
    look_at_changes(services)
    sandbox.overtake(of=[contact_id], times=1, owner=OWNERS["claire"])
    for _ in range(3):
        verified(services, time)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert set(credits_of(services).values()) == set(credits_of(services, "sud").values()) == {0}
    assert books_agree(services)


def test_an_owner_whom_hubspot_refuses_costs_nothing_and_the_first_rep_gets_the_share_back_once(
    services: Services, sandbox: SandboxClient, time: Time, rules: Path
) -> None:
    with_rules(services, rules, SETTLING.replace("{rep: marc}", "{team: sud}"))
    with_second_team(services, rules)
    (contact_id,) = decided(services, sandbox, time)
    abroad(services, sandbox, contact_id)
    look_at_changes(services)
    sandbox.archive_owner(OWNERS["marc"])
    verified(services, time)

    assert owner_of(sandbox, contact_id) == OWNERS["nadia"]
    assert set(credits_of(services).values()) == {0}
    assert sum(credits_of(services, "sud").values()) == 0
    assert books_agree(services)
    fields, _ = services.store.commits.read_book()
    assert {name: count for name, count in fields.items() if name.startswith("open:") and count} == {
        "open:nadia": 1
    }
