"""The demo's checks find what they are there to find."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from router.cli.demo.checks import Check, DemoResult, run_checks
from router.cli.demo.figures import RepShare, figures
from router.cli.demo.report import replaced_by_revisions, worth_reading
from router.policy.decision.decision import (
    Assigned,
    Decision,
    LeftAlone,
    Nurtured,
    PassedOver,
    Queued,
    Share,
)
from router.policy.decision.inputs import Inputs
from router.policy.decision.trigger import Revised
from tests.world.time import NOW

DUE = datetime(2026, 11, 24, 13, 15, tzinfo=UTC)
CALLS = {"endpoints": {"contacts/batch/read": {"200": 3}}, "total": 3, "busiest_10s": 3}


def a_decision(contact_id: str = "501", **fields: Any) -> Decision:
    decision = Decision(
        id=f"{contact_id}-0-aa",
        contact_id=contact_id,
        episode=0,
        decided_at=NOW,
        revision="abc",
        facts={},
        fit=30,
        engagement=50,
        score=80,
        grade="B1",
        segment="chaud",
        rule="Lyon",
        rule_line=3,
        outcome=Assigned("anna", "77", "sud"),
        status="NEW",
        due_at=DUE,
        reason="because",
        shares=(Share("anna", 2000, 0), Share("ben", 1000, 0)),
    )
    return replace(decision, **fields)


def a_contact(decision: Decision, *, owner: str | None = "77", **properties: str) -> dict[str, Any]:
    """The record as the decision wants it, except for what is said here."""
    written = {
        "lead_router_reason": decision.reason,
        "lead_router_rule": decision.rule,
        "lead_router_score": str(decision.score),
        "lead_router_grade": decision.grade,
        "lead_router_segment": decision.segment,
        "lead_router_decision_id": decision.id,
        "lead_router_due_at": decision.due_at.isoformat() if decision.due_at else "",
    }
    record: dict[str, Any] = {"id": decision.contact_id, "owner": owner, "status": decision.status}
    return record | {"properties": written | properties, "announced_at": 1000.0, "owned_at": 1250.0}


def a_scene(*decisions: Decision, records: Mapping[str, Any] | None = None, **fields: Any) -> DemoResult:
    """Everything as it should be, except for what is said here."""
    written = [one for one in decisions if isinstance(one.outcome, Assigned)]
    result = DemoResult(
        created=[one.contact_id for one in decisions],
        owned={},
        contacts={
            one.contact_id: a_contact(one, owner=getattr(one.outcome, "owner_id", None)) for one in decisions
        }
        | dict(records or {}),
        writes=[{"id": one.contact_id, "owner": "77"} for one in written],
        decisions={one.contact_id: one for one in decisions},
        deliveries={"delivered": 3, "given_up": 0},
        calls=CALLS,
        calls_per_10s=190,
        shares=(),
    )
    return replace(result, **fields)


def broken(result: DemoResult) -> list[str]:
    return [check.promise.split(",")[0] for check in run_checks(result) if not check.is_kept]


def nurtured(contact_id: str = "502") -> Decision:
    outcome = Nurtured({"lifecyclestage": "lead"}, None)
    return a_decision(contact_id, outcome=outcome, status=None, due_at=None, score=3, shares=())


def test_everything_as_decided_breaks_nothing() -> None:
    cold = nurtured()
    record = a_contact(cold, owner=None, lifecyclestage="lead")

    assert broken(a_scene(a_decision(), cold, records={"502": record})) == []


LOST = "Every contact that came without an owner was decided"
OWNER = "Each assigned one has the decided owner"
STATUS = "Each has the lead status that was decided"
REASON = "Each carries reason"
NOBODYS = "Each queued"
OWNED = "Each that came with an owner is untouched"


@pytest.mark.parametrize(
    ("result", "promise"),
    [
        (a_scene(a_decision(), created=["501", "999"]), LOST),
        (a_scene(a_decision(), records={"501": a_contact(a_decision(), owner="78")}), OWNER),
        (a_scene(a_decision(), writes=[{"id": "501", "owner": "77"}, {"id": "501", "owner": "78"}]), OWNER),
        (a_scene(a_decision(), records={"501": a_contact(a_decision()) | {"status": None}}), STATUS),
        (a_scene(a_decision(), records={"501": a_contact(a_decision(), lead_router_score="1")}), REASON),
        (a_scene(a_decision(), records={"501": a_contact(a_decision(), lead_router_due_at="")}), REASON),
        (a_scene(nurtured()), NOBODYS),  # nurture has not set what it should
        (a_scene(a_decision(outcome=LeftAlone()), records={"501": a_contact(a_decision())}), NOBODYS),
        (a_scene(owned={"700": "71"}, contacts={"700": {"owner": "77", "properties": {}}}), OWNED),
        (a_scene(a_decision(), deliveries={"delivered": 2, "given_up": 1}), "Every webhook was taken"),
        (
            a_scene(shares=[RepShare("sud", "anna", 1.0, 9, 4.0)]),
            "Each rep is within 2 leads of the fair share",
        ),
    ],
)
def test_what_is_not_as_decided_breaks_its_promise(result: DemoResult, promise: str) -> None:
    assert promise in broken(result)


def test_a_call_that_hubspot_refused_breaks_the_promise_about_limits() -> None:
    calls = CALLS | {"endpoints": {"contacts/batch/read": {"200": 3, "429": 1}}}

    assert broken(a_scene(a_decision(), calls=calls))[0].startswith("HubSpot was never called too often")


def test_a_broken_promise_names_a_few_contacts() -> None:
    check = Check("Each has an owner", 9, tuple(str(one) for one in range(9)))

    assert str(check) == "Each has an owner: 9 of 9 not: 0, 1, 2, 3, 4 …"


def test_the_fair_share_of_a_rep_is_the_sum_of_their_parts() -> None:
    found = figures([a_decision(), a_decision("502")], [a_contact(a_decision())], CALLS)

    assert [(one.rep, one.leads, round(one.fair, 2), round(one.credit, 2)) for one in found.shares] == [
        ("anna", 2, 1.33, -0.67),
        ("ben", 0, 0.67, 0.67),
    ]
    assert found.latency_s["p50"] == 0.25


def test_the_decisions_worth_reading_are_hot_cold_and_one_with_a_rep_passed_over() -> None:
    hot, passing = a_decision(score=170), a_decision("503", passed_over=(PassedOver("ben", "on leave"),))

    chosen = worth_reading([passing, hot, nurtured()])

    assert [decision.contact_id for _, decision in chosen] == ["501", "502", "503"]


def test_an_owner_by_a_decision_that_was_revised_breaks_no_promise() -> None:
    first = a_decision(status="OPEN", outcome=Assigned("ben", "78", "sud"))
    revised = a_decision(id="501-1-aa", episode=1, inputs=Inputs(trigger=Revised("78", "ben")))
    writes = [{"id": "501", "owner": owner} for owner in ("78", "77")]

    def broken(**change: Any) -> list[str]:
        return [str(one) for one in run_checks(a_scene(revised, writes=writes, **change)) if not one.is_kept]

    assert replaced_by_revisions([first, revised]) == {"501": [first]}
    assert broken(replaced={"501": [first]}, records={"501": a_contact(revised) | {"status": "OPEN"}}) == []
    assert len(broken()) == 1, "ben was never decided"
    queued = replace(revised, outcome=Queued("sud", None), due_at=None)
    gone = a_scene(queued, writes=writes[:1], replaced={"501": [first]})
    assert [str(one) for one in run_checks(gone) if not one.is_kept] == []


def test_a_lead_that_no_share_gave_is_no_part_of_the_shares() -> None:
    kept = a_decision(shares=())

    assert figures([kept], [], CALLS).shares == ()
