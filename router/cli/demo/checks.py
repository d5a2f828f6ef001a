"""Checks that every contact got exactly what its decision says, read from the portal itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct, field

from router.cli.demo.figures import RepShare
from router.hubspot.properties import DECISION_ID, DUE_AT
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued

SHOWN: Final = 5
FAR: Final = 2.0
"""Largest allowed deviation from the fair share, in leads, for any set of eligible reps."""
NOBODYS: Final = (Queued, Nurtured, LeftAlone)


class DemoResult(Struct, frozen=True):
    """The final state of the portal, and the decisions, by contact id."""

    created: Sequence[str]
    owned: Mapping[str, str]
    """Owners that contacts had from the start."""
    contacts: Mapping[str, Mapping[str, Any]]
    writes: Sequence[Mapping[str, Any]]
    decisions: Mapping[str, Decision]
    """The decision that counts: the last one."""
    deliveries: Mapping[str, Any]
    calls: Mapping[str, Any]
    calls_per_10s: int
    shares: Sequence[RepShare]
    replaced: Mapping[str, Sequence[Decision]] = field(default_factory=dict)
    """The decisions that revisions replaced, because facts came late."""

    def having(self, *outcomes: type) -> Iterator[tuple[str, Decision, Mapping[str, Any]]]:
        """Contacts whose decision has one of these outcomes, with the decision and the record."""
        for contact_id, decision in self.decisions.items():
            if isinstance(decision.outcome, outcomes) and contact_id in self.contacts:
                yield contact_id, decision, self.contacts[contact_id]

    def owners_written(self, contact_id: str) -> set[str]:
        """Every owner that the API ever wrote on the contact."""
        return {one["owner"] for one in self.writes if one["id"] == contact_id and one["owner"] is not None}

    def strange_owners(self, contact_id: str) -> set[str]:
        """Owners written by the API whom no decision about the contact names."""
        decided = (self.decisions[contact_id], *self.replaced.get(contact_id, ()))
        return self.owners_written(contact_id) - {one.owner_id for one in decided}


class Check(Struct, frozen=True):
    """One promise, the number of cases checked, and what broke it."""

    promise: str
    cases: int
    broken: tuple[str, ...]

    @property
    def is_kept(self) -> bool:
        """True if nothing broke it."""
        return not self.broken

    def __str__(self) -> str:
        if self.is_kept:
            return f"{self.promise} ({self.cases})"
        shown = ", ".join(self.broken[:SHOWN]) + (" …" if len(self.broken) > SHOWN else "")
        return f"{self.promise}: {len(self.broken)} of {self.cases} not: {shown}"


def run_checks(result: DemoResult) -> tuple[Check, ...]:
    """Every check, in the order in which the report prints them."""
    return tuple(check(result) for check in CHECKS)


def nobody_is_lost(result: DemoResult) -> Check:
    """Every contact without an owner has a decision, and its record names that decision."""
    to_route = [one for one in result.created if one not in result.owned]
    broken = [one for one in to_route if not _names_its_decision(result, one)]
    return Check(
        "Every contact that came without an owner was decided, none is lost", len(to_route), tuple(broken)
    )


def assigned_have_one_owner(result: DemoResult) -> Check:
    """Assigned contacts have the decision's owner; only a decision that was revised named another."""
    found = list(result.having(Assigned))
    broken = [
        one
        for one, decision, record in found
        if record["owner"] != decision.owner_id
        or decision.owner_id not in result.owners_written(one)
        or result.strange_owners(one)
    ]
    return Check("Each assigned one has the decided owner, and never had another", len(found), tuple(broken))


def statuses_are_right(result: DemoResult) -> Check:
    """Owner and status were written together; a status that a contact has stays when it is revised."""
    found = list(result.having(object))
    broken = [
        one
        for one, decision, record in found
        if (record["status"] or None)
        not in {each.status for each in (decision, *result.replaced.get(one, ()))}
    ]
    return Check("Each has the lead status that was decided", len(found), tuple(broken))


def reasons_stand_on_records(result: DemoResult) -> Check:
    """All our properties are on the record, with the decision's values."""
    found = list(result.having(object))
    broken = [one for one, decision, record in found if not _carries(record["properties"], decision)]
    return Check("Each carries reason, rule, score, grade, segment and due time", len(found), tuple(broken))


def others_have_no_owner(result: DemoResult) -> Check:
    """Queued, nurtured and left-alone contacts have no owner and a reason; nurture has set its values."""
    found = list(result.having(*NOBODYS))
    broken = [
        one
        for one, decision, record in found
        if record["owner"]
        or result.strange_owners(one)
        or (
            isinstance(decision.outcome, Nurtured)
            and not decision.outcome.sets.items() <= record["properties"].items()
        )
    ]
    return Check("Each queued, nurtured or left alone has no owner, but a reason", len(found), tuple(broken))


def owned_are_untouched(result: DemoResult) -> Check:
    """Nothing was ever written on a contact that had an owner."""
    written = {one["id"] for one in result.writes}
    broken = [
        one
        for one, owner_id in result.owned.items()
        if one in written or one in result.decisions or result.contacts.get(one, {}).get("owner") != owner_id
    ]
    return Check("Each that came with an owner is untouched", len(result.owned), tuple(broken))


def deliveries_arrived(result: DemoResult) -> Check:
    """Every webhook was accepted, those that came twice included."""
    deliveries = result.deliveries
    broken = (f"{deliveries['given_up']} given up",) if deliveries["given_up"] else ()
    return Check("Every webhook was taken, those that came twice included", deliveries["delivered"], broken)


def limits_were_kept(result: DemoResult) -> Check:
    """HubSpot never had to refuse a call because of too many calls."""
    broken = [f"429 for {name}" for name, outcomes in result.calls["endpoints"].items() if "429" in outcomes]
    busiest, allowed = result.calls["busiest_10s"], result.calls_per_10s
    if busiest > allowed:
        broken.append(f"{busiest} calls within 10 s")
    promise = f"HubSpot was never called too often: {busiest} times in the busiest 10 s, of {allowed}"
    return Check(promise, result.calls["total"], tuple(broken))


def shares_are_fair(result: DemoResult) -> Check:
    """Every rep is close to the fair share."""
    broken = [
        f"{one.rep} in {one.team}: credit {one.credit:+.1f}" for one in result.shares if abs(one.credit) > FAR
    ]
    return Check(f"Each rep is within {FAR:.0f} leads of the fair share", len(result.shares), tuple(broken))


CHECKS: Final[tuple[Callable[[DemoResult], Check], ...]] = (
    nobody_is_lost,
    assigned_have_one_owner,
    others_have_no_owner,
    statuses_are_right,
    reasons_stand_on_records,
    owned_are_untouched,
    deliveries_arrived,
    limits_were_kept,
    shares_are_fair,
)


def _names_its_decision(result: DemoResult, contact_id: str) -> bool:
    decision, record = result.decisions.get(contact_id), result.contacts.get(contact_id)
    if decision is None or record is None:
        return False
    return bool(record["properties"].get(DECISION_ID) == decision.id)


def _carries(properties: Mapping[str, str], decision: Decision) -> bool:
    decided = {
        "reason": decision.reason,
        "rule": decision.rule,
        "score": str(decision.score),
        "grade": decision.grade,
        "segment": decision.segment,
        "decision_id": decision.id,
    }
    due_at = properties.get(DUE_AT)
    if (datetime.fromisoformat(due_at) if due_at else None) != _to_the_millisecond(decision.due_at):
        return False
    return all(properties.get(f"lead_router_{name}", "") == value for name, value in decided.items())


def _to_the_millisecond(moment: datetime | None) -> datetime | None:
    """The moment rounded down to milliseconds, as HubSpot keeps it."""
    return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)
