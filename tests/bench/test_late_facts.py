"""The bench of late facts: what leads have when, where they belong, and which moves were needless."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert

from bench.late_facts.figures import Figures, show
from bench.late_facts.judging import (
    FIRST,
    Belongs,
    Decided,
    Moves,
    decisions_in,
    events_in,
    lines_in,
    moves_of,
    where_it_belongs,
)
from bench.late_facts.leads import LONG_S, SOON_S, draw
from bench.late_facts.rules import write_rules
from router.ledger.tables import DECISIONS, EVENTS, METADATA
from router.policy.decision.compiled import compile_policy
from router.policy.decision.trigger import Pushed, trigger_as_record
from router.policy.leads.settle import Settle
from router.policy.rules.policy import Assign, DoNothing, ToAccountOwner, ToRep, ToTeam
from router.rulefiles.load import load_files
from router.rules_on_disk import read_rule_files
from router.timestamps import epoch_ms
from tests.world.policies import a_lead, a_rule
from tests.world.rule_files import policy_of
from tests.world.rule_folders import COMPANY
from tests.world.time import NOW

# ---- leads ---------------------------------------------------------------------------------------


def test_shares_of_the_leads_are_complete_at_once_soon_and_late() -> None:
    leads, companies = draw(1000, seed=1, today_ms=epoch_ms(NOW))

    waits = [lead.after_s for lead in leads if lead.rest]
    assert 350 < sum(not lead.rest for lead in leads) < 450
    assert 350 < sum(wait <= SOON_S[1] for wait in waits) < 450
    assert max(waits) <= LONG_S[1]
    assert len(companies) > 300


def test_what_comes_late_is_missing_at_first_and_changes_nothing_else() -> None:
    whole = [lead.complete for lead in draw(50, seed=1, today_ms=epoch_ms(NOW), scale=0.1)[0]]
    leads, _ = draw(50, seed=1, today_ms=epoch_ms(NOW))

    assert [lead.complete for lead in leads] == whole
    assert all(lead.first["email"] and not lead.first.keys() & lead.rest.keys() for lead in leads)
    assert [bool(lead.steps) for lead in leads] == [bool(lead.rest) for lead in leads]


# ---- judging -------------------------------------------------------------------------------------


def decided(rule: str = "a", owner: str | None = "1", **more: Any) -> Decided:
    """A decision of contact 501 for the team `north` and its rep anna."""
    usual: dict[str, Any] = {"team": "north", "rep": "anna", "cause": "revised country"}
    return Decided("d", "501", NOW, rule, owner=owner, **(usual | more))


@pytest.mark.parametrize(
    ("action", "found", "holds"),
    [
        (Assign(ToTeam("north")), decided(), True),
        (Assign(ToTeam("north")), decided(rule="b"), False),
        (Assign(ToTeam("south")), decided(), False),
        (Assign(ToTeam("south"), if_unavailable=Assign(ToTeam("north"))), decided(), True),
        (Assign(ToRep("anna")), decided(), True),
        (Assign(ToRep("ben")), decided(), False),
        (Assign(ToAccountOwner()), decided(owner="7"), True),
        (Assign(ToAccountOwner()), decided(owner="8"), False),
        (DoNothing(), decided(owner=None, team=None, rep=None), True),
    ],
)
def test_a_decision_is_right_by_its_rule_and_who_the_rule_names(
    action: Any, found: Decided, *, holds: bool
) -> None:
    assert Belongs(a_rule("a", action=action), owner="7").holds(found) is holds


def test_a_lead_belongs_where_the_rules_put_its_complete_facts() -> None:
    policy = compile_policy(policy_of())

    nordic = where_it_belongs(policy, a_lead(country="Norway"), NOW)
    public = where_it_belongs(policy, a_lead(company={"industry": "GOVERNMENT"}), NOW)

    assert (nordic.rule.name, public.rule.name) == ("Nordic", "Public sector")


def test_moves_are_counted_by_cause_and_needless_where_the_lead_was_right_before() -> None:
    right = Belongs(a_rule("a", action=Assign(ToTeam("north"))), owner=None)
    chains = [
        [decided(cause=FIRST, told=True), decided(owner="2", cause="revised zip")],
        [decided("b", cause=FIRST), decided(owner="2")],
        [decided(cause=FIRST, owner=None), decided()],
        [decided(cause=FIRST), decided(rule="b")],
    ]

    moves = moves_of(chains, {"501": right})

    assert dict(moves.by_cause) == {"revised zip": 1, "revised country": 1}
    assert (moves.needless, moves.told_of) == (1, 1)


# ---- the ledger ----------------------------------------------------------------------------------


def test_the_ledger_tells_decisions_waits_causes_and_who_was_told(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite3"
    assert lines_in(ledger) == (0, 0)
    first = {"inputs": {"settled": {"waited_for": ["country"], "waited_ms": 900}}}
    then = {"inputs": {"occasion": trigger_as_record(Pushed()) | {"facts": ["zip", "region"]}}}
    write_ledger(
        ledger,
        decisions=[("d2", 1, then), ("d1", 0, first)],
        events=[("notified", "d1", {"outcome": "accepted"}), ("notified", "d2", {"outcome": "refused"})],
    )

    one, two = decisions_in(ledger)["501"]

    assert (one.cause, one.waited, one.told) == (FIRST, True, True)
    assert (two.cause, two.waited, two.told) == ("pushed zip, region", False, False)
    assert (lines_in(ledger), events_in(ledger)["notified"]) == ((1, 4), 2)


def write_ledger(
    path: Path,
    *,
    decisions: list[tuple[str, int, Mapping[str, Any]]],
    events: list[tuple[str, str, Mapping[str, Any]]],
) -> None:
    engine = create_engine(f"sqlite:///{path}")
    METADATA.create_all(engine)
    same = {"portal": "1", "contact_id": "501"}
    usual = same | {
        "revision": "r",
        "rule": "a",
        "outcome": "assigned",
        "segment": "",
        "grade": "",
        "score": 0,
    }
    with engine.begin() as database:
        for name, episode, record in decisions:
            at = (NOW + timedelta(seconds=episode)).isoformat()
            row = usual | {"id": name, "episode": episode, "decided_at": at, "record": json.dumps(record)}
            database.execute(insert(DECISIONS).values(row))
        for number, (kind, decision, detail) in enumerate(events):
            row = same | {"id": str(number), "at": NOW.isoformat(), "kind": kind, "decision_id": decision}
            database.execute(insert(EVENTS).values(row | {"detail": json.dumps(detail)}))
    engine.dispose()


# ---- rules and table -----------------------------------------------------------------------------


@pytest.mark.parametrize("settle", [True, False])
def test_the_bench_s_rules_have_nobody_away_and_settle_only_where_asked(
    tmp_path: Path, *, settle: bool
) -> None:
    policy = load_files(
        read_rule_files(write_rules(tmp_path / "config", settle=settle, source=COMPANY))
    ).policy

    assert policy is not None
    assert policy.settle == (Settle() if settle else None)
    assert not policy.roster.time_off
    assert all(rep.hours is None and rep.max_per_day is None for rep in policy.roster.reps.values())


def test_the_table_shows_each_run_and_what_settle_added(capsys: pytest.CaptureFixture[str]) -> None:
    moves = moves_of([[decided(cause=FIRST), decided(owner="2")]], {"501": Belongs(a_rule("b"), None)})
    off = Figures("off", 1, 1, 0, 1, moves, 1, [0.1], [0.1], 2, Counter())
    on = replace(off, name="on", right=1, moves=Moves(Counter(), 0, 0), waits_s=[6.1], certain_waits_s=[])

    show([off, on])

    told = capsys.readouterr().out
    assert (
        "end where their complete facts belong                         0.0%                    100.0%" in told
    )
    assert "seconds added by on: p50 6.00, p99 6.00" in told
    assert "off: 1 moves, revised country" in told
