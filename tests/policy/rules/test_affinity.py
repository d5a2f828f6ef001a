"""One company, one rep: its next lead follows its last one, unless that rep may not have it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.inputs import Inputs
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.destination import Wanted
from router.policy.explanation.explanation import explain
from router.policy.people.roster import Roster, TimeOff
from router.policy.rules.affinity import Remembered, Trace, traces_of
from router.policy.rules.facts import properties_read
from router.policy.rules.policy import Assign, Need, ToTeam
from router.policy.shares.share_book import Book
from router.policy.why_not.question import why_not
from router.routing.reports.replay import compared
from tests.world.policies import (
    NOW,
    a_lead,
    a_policy,
    a_rep,
    a_team,
    a_world_and_request,
    compiled,
    deciding,
    owners_of,
)

MONTH = timedelta(days=30)
STICKY = Assign(ToTeam("sales"), sticky=MONTH)


def had_by(rep: str, *, days_ago: float = 1, kind: Any = "company") -> Remembered:
    return Remembered(kind, f"owner-{rep}", NOW - timedelta(days=days_ago))


def decided(
    *remembered: Remembered, assign: Assign = STICKY, roster: Roster | None = None, **given: Any
) -> Decision:
    policy = a_policy(otherwise=assign, roster=roster or a_team(a_rep("anna"), a_rep("ben")))
    return deciding(policy, remembered=remembered, **given)


def owner_in(decision: Decision) -> str | None:
    assert isinstance(decision.outcome, Assigned)
    return decision.outcome.rep


def test_a_companys_lead_goes_to_the_rep_who_had_its_last_one() -> None:
    decision = decided(had_by("ben"))

    assert owner_in(decided()) == "anna"
    assert owner_in(decision) == "ben"
    assert "ben, who has this company's last lead" in decision.reason


def test_the_share_is_paid_like_any_other_leads() -> None:
    decision = decided(had_by("ben"))

    assert decision.book_changes["credit:sales:ben"] == -500_000_000
    assert decision.book_changes["credit:sales:anna"] == 500_000_000
    assert decision.book_changes["open:ben"] == 1


@pytest.mark.parametrize(
    ("why", "given"),
    [
        ("the memory is too old", {"remembered": had_by("ben", days_ago=31)}),
        ("the rule is not sticky", {"assign": Assign(ToTeam("sales"))}),
        ("the rep is excluded", {"excluded": frozenset({"ben"})}),
        ("the rep is not in the team", {"remembered": had_by("zoe")}),
        (
            "the rep is away",
            {
                "roster": a_team(
                    a_rep("anna"), a_rep("ben"), time_off=(TimeOff("ben", NOW.date(), NOW.date()),)
                )
            },
        ),
        (
            "the rep is at capacity",
            {
                "roster": a_team(a_rep("anna"), a_rep("ben", max_open_leads=2)),
                "book": Book({"open:ben": 2, "credit:sales:ben": 1_000_000_000}),
            },
        ),
        (
            "the rep lacks what is needed",
            {
                "roster": a_team(a_rep("anna", skills=("crm",)), a_rep("ben")),
                "assign": replace(STICKY, needs=(Need("skill", "crm"),)),
            },
        ),
    ],
)
def test_the_rule_decides_as_if_there_were_no_memory_when(why: str, given: dict[str, Any]) -> None:
    remembered = given.pop("remembered", had_by("ben"))
    followed, forgotten = decided(remembered, **given), decided(**given)

    assert owner_in(followed) == "anna"
    assert followed == forgotten


def test_what_a_rule_prefers_does_not_part_a_company_from_its_rep() -> None:
    roster = a_team(a_rep("anna", skills=("crm",)), a_rep("ben"))
    assign = replace(STICKY, prefer=(Need("skill", "crm"),))

    assert owner_in(decided(had_by("ben"), assign=assign, roster=roster)) == "ben"


def test_the_surest_trace_comes_first_and_the_next_one_stands_in() -> None:
    contact, company = had_by("ben", kind="contact"), had_by("anna")

    assert owner_in(decided(contact, company)) == "ben"
    assert "who had this contact before" in decided(contact, company).reason
    assert owner_in(decided(replace(contact, owner_id="owner-zoe"), company)) == "anna"


@pytest.mark.parametrize(
    ("properties", "kinds"),
    [
        ({"email": " Jeanne@Acier.fr ", "associatedcompanyid": "77"}, ["contact", "company", "domain"]),
        ({"email": "jeanne@gmail.com"}, ["contact"]),
        ({"email": "jeanne@yopmail.com", "associatedcompanyid": "77"}, ["contact", "company"]),
        ({"email": "no address"}, []),
        ({}, []),
    ],
)
def test_a_free_or_disposable_mail_domain_is_nobodys_company(
    properties: dict[str, str], kinds: list[str]
) -> None:
    assert [trace.kind for trace in traces_of(a_lead(**properties))] == kinds


def test_a_trace_is_the_same_however_the_address_is_written() -> None:
    written = traces_of(a_lead(email=" Jeanne@Acier.FR"))

    assert written == (Trace("contact", "jeanne@acier.fr"), Trace("domain", "acier.fr"))


def test_traces_are_read_only_for_a_policy_that_is_sticky() -> None:
    assert properties_read(a_policy(otherwise=STICKY)).contact == ("associatedcompanyid", "email")
    assert properties_read(a_policy()).contact == ()


def test_a_decision_that_followed_a_memory_can_be_computed_again() -> None:
    policy = a_policy(otherwise=STICKY)
    remembered = (had_by("ben"),)
    owners = dict(zip(("anna", "ben"), owners_of(policy.roster).values(), strict=True))
    decision = replace(
        deciding(policy, remembered=remembered),
        inputs=Inputs(reps=owners, remembered=remembered),  # type: ignore[arg-type]
    )
    record = as_record(decision)

    replayed = compared(record, policy)

    assert replayed.identical
    assert from_record(record).inputs is not None
    assert from_record(record).inputs.remembered == remembered  # type: ignore[union-attr]


def test_an_explanation_calls_nobody_next_who_was_not() -> None:
    policy = a_policy(otherwise=STICKY)

    followed, in_turn = (
        " ".join(line for step in explain(one, policy, language="en") for line in step.lines)
        for one in (deciding(policy, remembered=(had_by("ben"),)), deciding(policy))
    )

    assert "next up" not in followed
    assert "next up: anna" in in_turn


def test_what_would_have_sent_a_followed_lead_elsewhere_starts_from_where_it_went() -> None:
    policy = a_policy(otherwise=STICKY)
    world, request = a_world_and_request(policy, remembered=(had_by("ben"),))

    answer = why_not(compiled(policy), {}, Wanted("rep", "anna"), world, request)

    assert owner_in(answer.decision) == "ben"
