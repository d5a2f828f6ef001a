"""A lead whose facts came late: the holder keeps it, or it goes where complete facts belong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision, LeftAlone, Queued
from router.policy.decision.inputs import Inputs
from router.policy.decision.trigger import Revised, paid_alone, trigger_as_record, trigger_of_record
from router.policy.explanation.explanation import explain
from router.policy.leads.catalog import Owner
from router.policy.leads.settle import Settled
from router.policy.people.availability import Reported
from router.policy.people.roster import Roster, Team, TimeOff
from router.policy.rules.policy import (
    Assign,
    DoNothing,
    Method,
    Need,
    Policy,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.policy.shares.share_book import NOT_REFUNDED, Book
from tests.world.policies import (
    NOW,
    PARIS,
    a_lead,
    a_policy,
    a_rep,
    a_rule,
    a_team,
    asks,
    deciding,
    deciding_on,
    office_hours,
    owners_of,
)

LATER = NOW + timedelta(seconds=40)
GERMAN = Need("language", value="de")
FROM_DE = asks("country", "DE")


def first_and_revised(
    policy: Policy, *, book: Book | None = None, before: dict[str, str] | None = None, **now: Any
) -> tuple[Decision, Decision, Book]:
    """The decision on `before`, its revision once the country is DE, and the book after both."""
    book = book or Book()
    first = deciding(policy, a_lead(**(before or {})), book=book)
    book = book.apply(first.book_changes)
    again = revising(policy, first, book, **now)
    return first, again, book.apply(again.book_changes)


def revising(policy: Policy, first: Decision, book: Book, **now: Any) -> Decision:
    facts = now.pop("facts", {"country": "DE"})
    return deciding_on(
        policy, facts, **{"book": book, "now": LATER, "episode": 1, "trigger": held(first), **now}
    )


def held(first: Decision, **given: Any) -> Revised:
    outcome = first.outcome
    rep = outcome.rep if isinstance(outcome, Assigned) else None
    return replace(
        Revised(first.owner_id, rep, ("country",), first.due_at, dict(first.book_changes)), **given
    )


def two_teams(*, method: Method = Method.FAIR_SHARE, **assign: Any) -> Policy:
    """Leads from Germany go to `dach` (ben, anna), the others to `sales` (anna, ben, carl)."""
    names = ("anna", "ben", "carl")
    roster = Roster(
        timezone=PARIS,
        reps={name: a_rep(name) for name in names},
        teams={"sales": Team("sales", names), "dach": Team("dach", ("ben", "anna"))},
    )
    return a_policy(
        a_rule("germany", FROM_DE, Assign(ToTeam("dach"), method, **assign), line=1, sla=timedelta(hours=1)),
        roster=roster,
        otherwise=Assign(ToTeam("sales")),
        types={"country": "text"},
    )


def credits_of(book: Book, team: str) -> dict[str, int]:
    prefix = f"credit:{team}:"
    return {name.removeprefix(prefix): n for name, n in book.fields.items() if name.startswith(prefix) and n}


def paid_of(again: Decision, first: Decision) -> Mapping[str, int]:
    return paid_alone(again.book_changes, held(first))


def paid_of_first(first: Decision) -> Mapping[str, int]:
    return {name: change for name, change in first.book_changes.items() if not name.startswith(NOT_REFUNDED)}


def test_a_record_of_it_reads_back_the_same() -> None:
    one = Revised("7", "anna", ("country", "company.size"), NOW, {"open:anna": 1}, told=True)

    assert trigger_of_record(trigger_as_record(one)) == one


def test_the_holder_keeps_a_lead_that_goes_to_another_team_of_theirs() -> None:
    policy = two_teams()

    first, again, book = first_and_revised(policy)

    assert first.outcome == Assigned("anna", "owner-anna", "sales")
    assert (again.rule, again.outcome) == ("germany", Assigned("anna", "owner-anna", "dach"))
    assert again.reason.endswith("→ anna keeps the lead; now known: country")
    assert credits_of(book, "sales") == {}
    assert credits_of(book, "dach") == {"anna": -500_000_000, "ben": 500_000_000}
    assert (book.open_leads("anna"), book.value(f"today:{NOW.date()}:anna")) == (1, 1)


def test_the_sentence_in_french() -> None:
    _, again, _ = first_and_revised(replace(two_teams(), language="fr"))

    assert again.reason.endswith("→ anna garde le lead ; désormais connu : country")


def test_a_lead_that_is_kept_in_its_team_changes_no_credit() -> None:
    policy = a_policy(
        a_rule("germany", FROM_DE), otherwise=Assign(ToTeam("sales")), types={"country": "text"}
    )

    first, again, book = first_and_revised(policy)

    assert (first.rule, again.rule) == ("otherwise", "germany")
    assert again.book_changes == {"open:anna": 0}, "0 says that the lead still counts with anna"
    assert credits_of(book, "sales") == {"anna": -500_000_000, "ben": 500_000_000}
    assert paid_of(again, first) == paid_of_first(first)


def test_it_costs_what_it_would_have_cost_with_all_facts_when_others_share_it() -> None:
    roster = a_team(a_rep("anna", languages=("de",)), a_rep("ben"))
    action = Assign(ToTeam("sales"), needs=(GERMAN,))
    policy = a_policy(
        a_rule("germany", FROM_DE, action),
        roster=roster,
        otherwise=Assign(ToTeam("sales")),
        types={"country": "text"},
    )

    _, again, book = first_and_revised(policy)

    assert again.outcome == Assigned("anna", "owner-anna", "sales")
    assert credits_of(book, "sales") == {}, "ben could not have had it"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reported": {"anna": Reported(away_in_hubspot=True)}}, "away in HubSpot"),
        ({"excluded": frozenset({"anna"})}, "previous owner"),
        ({"owners": owners_of(a_team(a_rep("ben"), a_rep("carl")))}, "no active HubSpot owner"),
    ],
)
def test_a_holder_who_may_not_have_it_loses_it(change: dict[str, Any], why: str) -> None:
    first, again, book = first_and_revised(two_teams(), **change)

    assert first.owner_id == "owner-anna"
    assert again.outcome == Assigned("ben", "owner-ben", "dach")
    assert again.reason.endswith("; no longer anna's, now known: country")
    assert why in {one.reason for one in again.passed_over}
    assert (book.open_leads("anna"), book.open_leads("ben")) == (0, 1)
    assert sum(credits_of(book, "sales").values()) == sum(credits_of(book, "dach").values()) == 0


def test_a_holder_without_the_need_or_without_weight_loses_it() -> None:
    german = two_teams(needs=(GERMAN,))
    german = replace(german, roster=with_rep(german.roster, "ben", languages=("de",)))
    without_weight = two_teams()

    _, lacking, _ = first_and_revised(german)
    first = deciding(without_weight)
    book = Book().apply(first.book_changes)
    resting = replace(without_weight, roster=with_rep(without_weight.roster, "anna", weight=0))

    assert lacking.owner_id == "owner-ben"
    assert revising(resting, first, book).owner_id == "owner-ben"


def with_rep(roster: Roster, name: str, **change: Any) -> Roster:
    return replace(roster, reps={**roster.reps, name: replace(roster.reps[name], **change)})


def test_caps_hours_and_preferences_take_nothing_from_the_holder() -> None:
    full = two_teams(prefer=(GERMAN,))
    roster = with_rep(full.roster, "ben", languages=("de",))
    roster = with_rep(roster, "anna", max_open_leads=1, max_per_day=1, hours=office_hours("03:00", "04:00"))
    book = Book({"open:anna": 2, f"today:{NOW.date()}:anna": 2})
    first = deciding(full)

    again = revising(replace(full, roster=roster), first, book.apply(first.book_changes))

    assert again.outcome == Assigned("anna", "owner-anna", "dach")


def test_the_holder_keeps_a_lead_that_would_wait_in_a_queue() -> None:
    first, again, book = first_and_revised(two_teams(method=Method.QUEUE))

    assert again.outcome == Assigned("anna", "owner-anna", "dach")
    assert credits_of(book, "dach") == credits_of(book, "sales") == {}, "as if anna had claimed it"
    assert book.open_leads("anna") == 1
    assert paid_of(again, first) == {"open:anna": 1, f"today:{NOW.date()}:anna": 1}
    assert first.owner_id == again.owner_id


def test_a_lead_goes_to_the_queue_of_a_team_without_the_holder() -> None:
    policy = two_teams(method=Method.QUEUE)
    teams = {**policy.roster.teams, "dach": Team("dach", ("ben",))}
    policy = replace(policy, roster=replace(policy.roster, teams=teams))

    _, again, book = first_and_revised(policy)

    assert again.outcome == Queued("dach", None)
    assert credits_of(book, "sales") == {} and book.open_leads("anna") == 0


@pytest.mark.parametrize(("owner", "kept"), [("owner-anna", True), ("owner-ben", False), ("77", False)])
@pytest.mark.parametrize(
    ("to", "fact"), [(ToAccountOwner(), "account_owner"), (ToPreviousOwner(), "previous_owner")]
)
def test_the_owner_of_the_account_gets_it_and_keeps_it_if_it_is_the_holder(
    to: ToAccountOwner | ToPreviousOwner, fact: str, owner: str, kept: bool
) -> None:
    policy = a_policy(a_rule("account", FROM_DE, Assign(to)), otherwise=Assign(ToTeam("sales")))
    owners = {**owners_of(policy.roster), "else@example.com": Owner("77", "else@example.com", "Else")}

    _, again, book = first_and_revised(policy, facts={"country": "DE", fact: owner}, owners=owners)

    assert again.owner_id == owner
    assert ("keeps the lead" in again.reason) is kept
    assert credits_of(book, "sales") == {}
    assert book.open_leads("anna") == int(kept)


def test_an_owner_in_no_rule_file_keeps_the_lead_too() -> None:
    policy = a_policy(a_rule("account", FROM_DE, Assign(ToAccountOwner())))
    owners = {**owners_of(policy.roster), "else@example.com": Owner("77", "else@example.com", "Else")}

    decision = deciding_on(
        policy,
        {"country": "DE", "account_owner": "77"},
        owners=owners,
        trigger=Revised("77", None, ("company.size",)),
    )

    assert decision.owner_id == "77"
    assert "account owner keeps the lead" in decision.reason


def test_the_rep_whom_the_rule_names_keeps_it_above_the_cap() -> None:
    policy = a_policy(a_rule("named", FROM_DE, Assign(ToRep("anna"))), otherwise=Assign(ToTeam("sales")))
    full = replace(policy, roster=with_rep(policy.roster, "anna", max_open_leads=1))
    first = deciding(policy)

    again = revising(full, first, Book({"open:anna": 4}).apply(first.book_changes))

    assert again.outcome == Assigned("anna", "owner-anna", None)
    assert "anna keeps the lead" in again.reason


def test_the_backup_of_the_named_rep_is_the_holder() -> None:
    off = (TimeOff("ben", NOW.date(), NOW.date(), backup="anna"),)
    policy = a_policy(
        a_rule("named", FROM_DE, Assign(ToRep("ben"))),
        otherwise=Assign(ToTeam("sales")),
        roster=a_team(time_off=off),
    )

    _, again, _ = first_and_revised(policy)

    assert again.owner_id == "owner-anna" and "anna keeps the lead; ben: on leave" in again.reason


def test_the_holder_keeps_a_lead_that_falls_back_to_the_queue_of_their_team() -> None:
    policy = a_policy(a_rule("account", FROM_DE, Assign(ToAccountOwner())), otherwise=Assign(ToTeam("sales")))

    _, again, _ = first_and_revised(policy)

    assert again.outcome == Assigned("anna", "owner-anna", "sales")
    assert "account owner: the company has no owner; now known: country" in again.reason


def test_a_rep_with_another_hubspot_owner_by_now_is_not_the_holder() -> None:
    policy = two_teams()
    owners = owners_of(policy.roster)
    owners["anna@example.com"] = replace(owners["anna@example.com"], id="new")

    _, again, _ = first_and_revised(policy, owners=owners)

    assert again.owner_id == "owner-ben"


def test_a_lead_that_goes_to_nobody_is_refunded() -> None:
    policy = a_policy(a_rule("out", FROM_DE, DoNothing()), otherwise=Assign(ToTeam("sales")))

    first, again, book = first_and_revised(policy)

    assert (again.outcome, again.due_at) == (LeftAlone(), None)
    assert paid_of(again, first) == {}
    assert credits_of(book, "sales") == {} and book.open_leads("anna") == 0
    assert first.book_changes["open:anna"] == 1


def test_a_lead_that_nobody_had_is_placed_as_a_new_one() -> None:
    policy = a_policy(a_rule("germany", FROM_DE), types={"country": "text"})

    first, again, book = first_and_revised(policy)

    assert isinstance(first.outcome, Queued)
    assert again.outcome == Assigned("anna", "owner-anna", "sales")
    assert "anna, whose turn it is in sales" in again.reason and again.reason.endswith("; now known: country")
    assert book.open_leads("anna") == 1


def test_the_due_time_never_moves_away_from_a_holder() -> None:
    policy = two_teams()
    first = deciding(policy)
    book = Book().apply(first.book_changes)
    early, late = NOW + timedelta(minutes=20), NOW + timedelta(hours=30)

    def due(**given: Any) -> timedelta | None:
        at = revising(policy, first, book, trigger=held(first, **given)).due_at
        return None if at is None else at - NOW

    assert due(due_at=early) == timedelta(minutes=20)
    assert due(due_at=late) == due(due_at=None) == timedelta(hours=1, seconds=40)
    moved = revising(policy, first, book, trigger=held(first, due_at=early), excluded=frozenset({"anna"}))
    assert moved.due_at == LATER + timedelta(hours=1)


def test_the_rule_that_decided_before_is_not_kept() -> None:
    policy = a_policy(a_rule("germany", FROM_DE, DoNothing()), a_rule("all", line=2))

    first, again, _ = first_and_revised(policy)

    assert (first.rule, again.rule) == ("all", "germany")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ((), "its facts have changed"),
        (("company.size", "account_owner"), "now known: company.size, account_owner"),
        (("a", "b", "c", "d", "e", "f"), "now known: a, b, c, d +2"),
    ],
)
def test_the_sentence_names_the_facts_as_the_rule_files_do(facts: tuple[str, ...], says: str) -> None:
    policy = two_teams()
    first = deciding(policy)
    again = revising(policy, first, Book().apply(first.book_changes), trigger=held(first, facts=facts))

    assert again.reason.endswith(f"anna keeps the lead; {says}")


def test_what_was_paid_before_may_be_unknown() -> None:
    first, again, book = first_and_revised(two_teams(), trigger=Revised("owner-anna", "anna"))

    assert again.owner_id == first.owner_id
    assert again.book_changes == {"open:anna": 0}
    assert book.open_leads("anna") == 1


def explained(
    decision: Decision, policy: Policy, *, language: str = "en", **inputs: Any
) -> list[tuple[str, ...]]:
    """The first steps of the explanation: those before the points."""
    steps = explain(replace(decision, inputs=Inputs(**inputs)), policy, language=language)
    place = next(n for n, step in enumerate(steps) if step.title.startswith(("Fit", "Profil")))
    return [(step.title, *step.lines) for step in steps[:place]]


def test_the_explanation_tells_who_had_it_and_why_it_stays_or_goes() -> None:
    policy = two_teams()
    first, kept, _ = first_and_revised(policy)
    _, moved, _ = first_and_revised(policy, excluded=frozenset({"anna"}))
    trigger = held(first, facts=("country", "company.size"))

    assert explained(kept, policy, trigger=trigger) == [
        (
            "Decided once more: now known: country, company.size",
            "anna had it, due Tue 24 Nov 14:15",
            "anna may have it by the rules, and keeps it",
        )
    ]
    ((_, _, goes),) = explained(moved, policy, trigger=trigger)
    assert goes == "by the rules it is not anna's; nobody had begun"
    assert explained(moved, policy, trigger=Revised("", None)) == [
        ("Decided once more: its facts have changed", "nobody had it before")
    ]
    ((_, had, _),) = explained(kept, policy, trigger=Revised("7", None, ("zip",)))
    assert had == "owner 7 had it"


@pytest.mark.parametrize(
    ("settled", "steps"),
    [
        (
            Settled(6200, ("country", "company.size"), ("company.size",)),
            (
                "Waited 6.2 s for country, company.size",
                "came: country",
                "decided with company.size still open",
            ),
        ),
        (Settled(900, ("country",)), ("Waited 0.9 s for country", "came: country")),
        (Settled(0, (), ("country",)), ("decided with country still open",)),
        (Settled(), ("Decided without a wait",)),
    ],
)
def test_the_explanation_tells_of_the_wait(settled: Settled, steps: tuple[str, ...]) -> None:
    policy = two_teams()

    assert explained(deciding(policy), policy, settled=settled) == [steps]


def test_the_explanation_of_a_wait_in_french() -> None:
    policy, waited = two_teams(), Settled(6200, ("country",), ())

    ((title, *_),) = explained(deciding(policy), policy, language="fr", settled=waited)

    assert title == "A attendu country pendant 6,2 s"
