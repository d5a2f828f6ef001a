"""Who gets a lead, and why the others do not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, PassedOver, Queued
from router.policy.leads.catalog import Owner
from router.policy.people.roster import Roster, Team, TimeOff
from router.policy.rules.conditions import IsKnown
from router.policy.rules.policy import (
    Action,
    Assign,
    DoNothing,
    Method,
    Need,
    Nurture,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.policy.rules.scoring import Segment
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD, Book
from tests.world.policies import (
    NOW,
    a_lead,
    a_policy,
    a_rep,
    a_rule,
    a_team,
    asks,
    deciding,
    office_hours,
    owners_of,
)

TODAY = NOW.date()
FAIR = Assign(ToTeam("sales"))
QUEUE = Assign(ToTeam("sales"), method=Method.QUEUE)


def off(rep: str, *, until: date = TODAY, backup: str | None = None) -> TimeOff:
    return TimeOff(rep, TODAY, until, backup)


def assigning(action: Action, roster: Roster | None = None, **given: Any) -> Decision:
    return deciding(a_policy(a_rule(action=action), roster=roster), **given)


def test_the_first_rule_that_holds_decides() -> None:
    policy = a_policy(
        a_rule("Belgium", asks("country", "BE"), line=3),
        a_rule("France", asks("country", "FR"), FAIR, line=5, sla=timedelta(hours=1), status="OPEN"),
        a_rule("everything", line=9),
        types={"country": "choice"},
    )

    decision = deciding(policy, a_lead(country="France"))

    assert (decision.rule, decision.rule_line, decision.status) == ("France", 5, "OPEN")
    assert decision.outcome == Assigned(rep="anna", owner_id="owner-anna", team="sales")
    assert decision.due_at == NOW + timedelta(hours=1)


def test_a_lead_that_no_rule_wants_goes_where_otherwise_says() -> None:
    decision = deciding(a_policy())

    assert decision.rule == "otherwise"
    assert decision.outcome == Queued("sales", why=None)
    assert decision.status == "NEW"
    assert decision.book_changes == {}


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (DoNothing(), LeftAlone()),
        (
            Nurture("Nurture 2026", {"lifecyclestage": "lead"}),
            Nurtured({"lifecyclestage": "lead"}, "Nurture 2026"),
        ),
    ],
)
def test_a_lead_that_nobody_works_has_no_due_time_and_keeps_its_status(
    action: Action, outcome: LeftAlone | Nurtured
) -> None:
    decision = assigning(action)

    assert decision.outcome == outcome
    assert decision.due_at is None
    assert decision.status is None


def test_the_fair_share_is_on_the_record_and_in_the_changes() -> None:
    book = Book({"credit:sales:anna": -LEAD // 2, "credit:sales:ben": LEAD // 2, "served:sales": 1})

    decision = assigning(FAIR, book=book)

    assert decision.outcome == Assigned(rep="ben", owner_id="owner-ben", team="sales")
    assert decision.shares == (Share("anna", 1000, -LEAD // 2), Share("ben", 1000, LEAD // 2))
    assert decision.book_changes == {
        "credit:sales:anna": LEAD // 2,
        "credit:sales:ben": -LEAD // 2,
        "served:sales": 1,
        "last:sales:ben": 2,
        "open:ben": 1,
        "today:2026-11-24:ben": 1,
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"level": "junior"}, "is not of level senior"),
        ({"skills": ("bi",)}, "lacks the skill CRM"),
        ({"languages": ("en",)}, "does not speak fr-be"),
        ({"max_open_leads": 25}, "at capacity 25/25"),
        ({"max_per_day": 6}, "6 of 6 today"),
        ({"weight": 0}, "weight 0"),
    ],
    ids=lambda context: next(iter(context)) if isinstance(context, dict) else "",
)
def test_a_rep_who_may_not_take_the_lead_is_passed_over_with_the_reason(
    fields: dict[str, Any], reason: str
) -> None:
    able: dict[str, Any] = {"level": "Senior", "skills": ("crm",), "languages": ("fr",)}
    roster = a_team(a_rep("anna", **{**able, **fields}), a_rep("ben", **able))
    needs = (Need("level", "senior"), Need("skill", "CRM"), Need("language", from_fact="langue"))
    policy = a_policy(
        a_rule(action=Assign(ToTeam("sales"), needs=needs)), roster=roster, types={"langue": "choice"}
    )
    book = Book({"open:anna": 25, "today:2026-11-24:anna": 6})

    decision = deciding(policy, a_lead(langue="fr-be"), book=book)

    assert decision.passed_over == (PassedOver("anna", reason),)
    assert decision.outcome == Assigned(rep="ben", owner_id="owner-ben", team="sales")


def test_a_rep_on_leave_is_passed_over_until_their_last_day() -> None:
    roster = a_team(time_off=(off("anna", until=date(2026, 11, 26)),))

    assert assigning(FAIR, roster).passed_over == (PassedOver("anna", "on leave until 26 Nov"),)


@pytest.mark.parametrize("archived", [True, None])
def test_a_rep_without_an_active_owner_is_passed_over(archived: bool | None) -> None:
    owners = owners_of(a_team())
    anna = owners.pop("anna@example.com")
    if archived:
        owners["anna@example.com"] = replace(anna, archived=True)

    decision = assigning(FAIR, owners=owners)

    assert decision.passed_over == (PassedOver("anna", "no active HubSpot owner"),)


@pytest.mark.parametrize("previous", ["anna", "owner-anna"])
def test_the_previous_owner_does_not_get_the_lead_again(previous: str) -> None:
    decision = assigning(FAIR, episode=1, excluded=frozenset({previous}))

    assert decision.passed_over == (PassedOver("anna", "previous owner"),)
    assert decision.id.startswith("501-1-")


def test_a_rep_who_starts_after_the_sla_is_passed_over_for_one_at_work() -> None:
    roster = a_team(
        a_rep("anna", hours=office_hours("09:00", "12:00")),
        a_rep("ben", hours=office_hours("14:00", "20:00")),
    )
    policy = a_policy(a_rule(action=FAIR), roster=roster)
    afternoon = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)

    at_work = deciding(policy, now=afternoon)
    at_night = deciding(policy, now=datetime(2026, 11, 24, 1, 0, tzinfo=UTC))

    assert at_work.passed_over == (PassedOver("anna", "not at work before Wed 25 Nov 09:00"),)
    assert isinstance(at_night.outcome, Assigned)
    assert at_night.outcome.rep == "anna"
    assert at_night.passed_over == (PassedOver("ben", "not at work before Tue 24 Nov 14:00"),)


def test_what_is_preferred_narrows_the_choice_but_never_empties_it() -> None:
    roster = a_team(a_rep("anna"), a_rep("ben", skills=("bi",)))
    prefer = (Need("skill", from_fact="produit"),)
    policy = a_policy(
        a_rule(action=Assign(ToTeam("sales"), prefer=prefer)), roster=roster, types={"produit": "choices"}
    )

    preferred = deciding(policy, a_lead(produit="crm;bi"))
    unknown = deciding(policy, a_lead(produit="paie"))
    silent = deciding(policy, a_lead())

    assert preferred.passed_over == (PassedOver("anna", "others have the skill bi / crm"),)
    assert isinstance(preferred.outcome, Assigned)
    assert preferred.outcome.rep == "ben"
    assert len(unknown.shares) == len(silent.shares) == 2


def test_when_nobody_is_eligible_the_team_queues_and_says_so() -> None:
    decision = assigning(FAIR, a_team(time_off=(off("anna"), off("ben"))))

    assert decision.outcome == Queued("sales", why="nobody in sales is eligible")
    assert [passed.rep for passed in decision.passed_over] == ["anna", "ben"]
    assert decision.book_changes == {}


def two_teams(*time_off: TimeOff) -> Roster:
    reps = (a_rep("anna"), a_rep("ben"), a_rep("chloe"))
    roster = a_team(*reps, time_off=time_off)
    return replace(roster, teams={"sales": Team("sales", ("ben", "chloe")), "key": Team("key", ("anna",))})


def test_if_unavailable_is_the_second_wish_and_the_first_stays_on_the_record() -> None:
    action = Assign(ToTeam("key"), if_unavailable=FAIR)

    decision = assigning(action, two_teams(off("anna")))

    assert decision.outcome == Assigned(rep="ben", owner_id="owner-ben", team="sales")
    assert decision.passed_over == (PassedOver("anna", "on leave until 24 Nov"),)
    assert "nobody in key is eligible" in decision.reason


def test_a_queue_as_second_wish_says_why() -> None:
    decision = assigning(Assign(ToTeam("key"), if_unavailable=QUEUE), two_teams(off("anna")))

    assert decision.outcome == Queued("sales", why="nobody in key is eligible")


def test_a_named_rep_gets_the_lead_without_touching_the_shares() -> None:
    decision = assigning(Assign(ToRep("anna")))

    assert decision.outcome == Assigned(rep="anna", owner_id="owner-anna", team=None)
    assert decision.book_changes == {"open:anna": 1, "today:2026-11-24:anna": 1}


def test_the_backup_stands_in_for_an_absent_named_rep() -> None:
    roster = two_teams(off("anna", backup="ben"), off("ben", backup="chloe"))

    decision = assigning(Assign(ToRep("anna")), roster)

    assert decision.outcome == Assigned(rep="chloe", owner_id="owner-chloe", team=None)
    assert [passed.rep for passed in decision.passed_over] == ["anna", "ben"]
    assert "chloe, standing in; anna: on leave until 24 Nov" in decision.reason


def test_backups_that_stand_in_for_each_other_end_in_the_queue() -> None:
    roster = two_teams(off("anna", backup="ben"), off("ben", backup="anna"))

    decision = assigning(Assign(ToRep("anna")), roster)

    assert decision.outcome == Queued("sales", why="anna: on leave until 24 Nov")
    assert [passed.rep for passed in decision.passed_over] == ["anna", "ben"]


def test_a_named_rep_at_capacity_leaves_the_lead_to_the_queue_of_otherwise() -> None:
    roster = a_team(a_rep("anna", max_open_leads=1), a_rep("ben"))

    decision = assigning(Assign(ToRep("anna")), roster, book=Book({"open:anna": 1}))

    assert decision.outcome == Queued("sales", why="anna: at capacity 1/1")


def account(owner_id: str) -> dict[str, Any]:
    return {"lead": a_lead(company={"hubspot_owner_id": owner_id})}


def test_an_account_owner_keeps_their_account_whatever_their_caps() -> None:
    roster = a_team(a_rep("anna", max_open_leads=1))
    book = Book({"open:anna": 1})

    decision = assigning(Assign(ToAccountOwner()), roster, book=book, **account("owner-anna"))

    assert decision.outcome == Assigned(rep="anna", owner_id="owner-anna", team=None)
    assert decision.book_changes == {"open:anna": 1, "today:2026-11-24:anna": 1}


def test_an_account_owner_need_not_be_a_rep_of_ours() -> None:
    owners = {"kam@example.com": Owner("77", "kam@example.com", "K A M")}

    decision = assigning(Assign(ToAccountOwner()), owners=owners, **account("77"))

    assert decision.outcome == Assigned(rep=None, owner_id="77", team=None)
    assert decision.book_changes == {}


@pytest.mark.parametrize(
    ("owner_id", "excluded", "reason"),
    [
        ("", frozenset[str](), "the company has no owner"),
        ("999", frozenset[str](), "no active HubSpot owner"),
        ("archived", frozenset[str](), "no active HubSpot owner"),
        ("77", frozenset({"77"}), "previous owner"),
    ],
)
def test_an_account_without_somebody_to_take_it_says_why(
    owner_id: str, excluded: frozenset[str], reason: str
) -> None:
    owners = {
        "kam@example.com": Owner("77", "kam@example.com", "K A M"),
        "gone@example.com": Owner("archived", "gone@example.com", "G", archived=True),
    }

    decision = assigning(Assign(ToAccountOwner()), owners=owners, excluded=excluded, **account(owner_id))

    assert decision.outcome == Queued("sales", why=f"account owner: {reason}")
    assert decision.passed_over == (PassedOver("account owner", reason),)


def test_an_account_owner_on_leave_is_stood_in_for() -> None:
    roster = a_team(time_off=(off("anna", backup="ben"),))

    decision = assigning(Assign(ToAccountOwner()), roster, **account("owner-anna"))

    assert decision.outcome == Assigned(rep="ben", owner_id="owner-ben", team=None)


def came_back(owner_id: str | None) -> dict[str, Any]:
    return {"lead": replace(a_lead(), previous_owner=owner_id)}


def test_a_contact_that_came_back_goes_to_its_previous_owner_whatever_their_caps() -> None:
    roster = a_team(a_rep("anna", max_open_leads=1))
    book = Book({"open:anna": 1})

    decision = assigning(Assign(ToPreviousOwner()), roster, book=book, **came_back("owner-anna"))

    assert decision.outcome == Assigned(rep="anna", owner_id="owner-anna", team=None)
    assert "anna, who had this contact before" in decision.reason
    assert decision.facts == {"previous_owner": "owner-anna"}


def test_a_previous_owner_need_not_be_a_rep_of_ours() -> None:
    owners = {"kam@example.com": Owner("77", "kam@example.com", "K A M")}

    decision = assigning(Assign(ToPreviousOwner()), owners=owners, **came_back("77"))

    assert decision.outcome == Assigned(rep=None, owner_id="77", team=None)
    assert "previous owner, who had this contact before" in decision.reason


@pytest.mark.parametrize(
    ("owner_id", "reason"),
    [(None, "nobody had this contact before"), ("999", "no active HubSpot owner")],
)
def test_a_contact_that_nobody_had_goes_where_the_rule_says(owner_id: str | None, reason: str) -> None:
    action = Assign(ToPreviousOwner(), if_unavailable=FAIR)

    decision = assigning(action, **came_back(owner_id))

    assert decision.passed_over == (PassedOver("previous owner", reason),)
    assert isinstance(decision.outcome, Assigned)
    assert (decision.outcome.rep, decision.outcome.team) == ("anna", "sales")


def test_a_previous_owner_on_leave_is_stood_in_for() -> None:
    roster = a_team(time_off=(off("anna", backup="ben"),))

    decision = assigning(Assign(ToPreviousOwner()), roster, **came_back("owner-anna"))

    assert decision.outcome == Assigned(rep="ben", owner_id="owner-ben", team=None)


def test_rules_can_ask_whether_somebody_had_the_contact() -> None:
    policy = a_policy(
        a_rule("back", asks("previous_owner", IsKnown()), Assign(ToPreviousOwner())),
        types={"previous_owner": "text"},
    )

    assert deciding(policy, replace(a_lead(), previous_owner="owner-ben")).rule == "back"
    assert deciding(policy).rule == "otherwise"


def test_the_last_resort_is_the_first_team_where_otherwise_names_none() -> None:
    policy = a_policy(
        a_rule(action=Assign(ToRep("anna"))), roster=a_team(time_off=(off("anna"),)), otherwise=DoNothing()
    )

    assert deciding(policy).outcome == Queued("sales", why="anna: on leave until 24 Nov")


def test_the_score_is_a_fact_that_rules_can_name() -> None:
    policy = a_policy(
        a_rule("graded", asks("grade", "C3"), FAIR), types={"grade": "choice", "segment": "choice"}
    )

    decision = deciding(policy, a_lead(jobtitle="CEO", email="jeanne@acme.fr"))

    assert decision.rule == "graded"
    assert decision.facts == {"grade": "C3", "segment": "cold"}


@pytest.mark.parametrize(
    ("segments", "segment"),
    [
        (
            (
                Segment("warm", asks("grade", "B2")),
                Segment("low", asks("grade", "C3")),
                Segment("cold", None),
            ),
            "low",
        ),
        ((Segment("warm", asks("grade", "B2")), Segment("cold", None), Segment("low", None)), "cold"),
        ((), ""),
    ],
)
def test_the_first_segment_that_fits_wins(segments: tuple[Segment, ...], segment: str) -> None:
    policy = a_policy(segments=segments, types={"grade": "choice"})

    assert deciding(policy).segment == segment


def test_the_same_lead_under_the_same_book_is_the_same_decision() -> None:
    assert deciding(a_policy(a_rule(action=FAIR))) == deciding(a_policy(a_rule(action=FAIR)))


def test_reasons_are_in_the_policys_language() -> None:
    policy = a_policy(
        a_rule("Grands comptes", action=FAIR),
        roster=a_team(time_off=(off("anna", until=date(2026, 12, 24)),)),
        language="fr",
    )

    decision = deciding(policy)

    assert decision.passed_over == (PassedOver("anna", "en congé jusqu'au 24 déc."),)
    assert decision.reason == (
        "Grands comptes : C3, cold, 0 points → ben, dont c'est le tour dans sales (crédit 0,0)"
    )
