"""A decision survives being written down."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.policy.decision.decision import (
    Assigned,
    Decision,
    LeftAlone,
    Nurtured,
    Outcome,
    PassedOver,
    Queued,
)
from router.policy.decision.trigger import Reassigned, trigger_as_record
from router.policy.explanation.decision_record import as_record, cost_in, from_record
from router.policy.leads.lead import Value
from router.policy.rules.policy import Assign, ToTeam
from router.policy.shares.share import Share
from router.policy.shares.share_book import add_changes, back_from
from tests.world.policies import NOW, a_policy, a_rep, a_rule, a_team, deciding

values: st.SearchStrategy[Value] = st.one_of(
    st.text(),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.astimezone(NOW.tzinfo)),
    st.dates(),
    st.timedeltas(),
    st.frozensets(st.text()),
)
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Assigned, rep=st.none() | st.text(), owner_id=st.text(), team=st.none() | st.text()),
    st.builds(Queued, team=st.text(), why=st.none() | st.text()),
    st.builds(Nurtured, sets=st.dictionaries(st.text(), st.text()), workflow=st.none() | st.text()),
    st.just(LeftAlone()),
)


@given(st.dictionaries(st.text(), values), outcomes, st.none() | st.just(NOW))
def test_every_decision_comes_back_exactly_from_json(
    facts: dict[str, Value], outcome: Outcome, due_at: datetime | None
) -> None:
    decision = Decision(
        id="501-0-abcd",
        contact_id="501",
        episode=0,
        decided_at=NOW,
        revision="r1",
        facts=facts,
        fit=60,
        engagement=20,
        score=80,
        grade="A2",
        segment="chaud",
        rule="Île-de-France",
        rule_line=12,
        outcome=outcome,
        status=None,
        due_at=due_at,
        reason="…",
        shares=(Share("anna", 1000, -5, 3),),
        passed_over=(PassedOver("ben", "at capacity 25/25"),),
        book_changes={"open:anna": 1},
    )

    again = from_record(json.loads(json.dumps(as_record(decision))))

    assert again == decision
    assert {fact: type(value) for fact, value in again.facts.items()} == {
        fact: type(value) for fact, value in facts.items()
    }


def test_a_decision_that_was_made_comes_back_too() -> None:
    decision = deciding(a_policy(a_rule(action=Assign(ToTeam("sales"))), roster=a_team(a_rep())))

    assert from_record(json.loads(json.dumps(as_record(decision)))) == decision


def test_a_number_keeps_its_digits() -> None:
    decision = deciding(a_policy())
    facts: dict[str, Value] = {"a": Decimal("1.50"), "b": date(2026, 1, 1), "c": timedelta(days=3), "d": True}
    record = {**as_record(decision), "facts": {"a": {"number": "1.50"}, "b": {"day": "2026-01-01"},
              "c": {"span_us": 259_200_000_000}, "d": True}}  # fmt: skip

    assert from_record(record).facts == facts
    assert str(from_record(record).facts["a"]) == "1.50"


def test_what_no_decision_writes_is_refused() -> None:
    record = as_record(deciding(a_policy()))

    with pytest.raises(ValueError, match="which no decision writes"):
        from_record({**record, "facts": {"a": 1.5}})
    with pytest.raises(ValueError, match="which no decision has"):
        from_record({**record, "outcome": {"kind": "lost"}})


def test_the_cost_of_a_decision_is_without_what_it_gave_back() -> None:
    before = {"credit:sales:anna": -500, "credit:sales:ben": 500, "open:anna": 1}
    mine = {"credit:sales:anna": 500, "credit:sales:ben": -500, "open:ben": 1}
    taken = Reassigned("71", "anna", "its owner was cleared", "run", paid=before)
    changes = dict(mine)
    add_changes(changes, back_from("anna", before))

    record = {"book_changes": changes, "inputs": {"occasion": trigger_as_record(taken)}}

    assert cost_in(record) == mine
    assert cost_in({"book_changes": mine, "inputs": {}}) == mine
