"""What must hold when everything is quiet again, read from the portal, from people and from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from router.ledger import Ledger
from router.sandbox.http.client import SandboxClient

NOT_OWNING: Final = {"owner_refused"}
"""The ledger's events that name an owner whom the lead does not get; any other that names one gives it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong, by contact id; and how far any rep is from the fair share, in leads."""

    lost: tuple[str, ...]
    two_owners: tuple[str, ...]
    overwritten: tuple[str, ...]
    deviation: Fraction = Fraction(0)

    @property
    def sound(self) -> bool:
        """True when no lead was lost or owned twice, and no person's choice is covered."""
        return not (self.lost or self.two_owners or self.overwritten)


def check(sandbox: SandboxClient, ids: Sequence[str], *, weights: Mapping[str, int]) -> Verdict:
    """Judge the portal: `weights` by owner id of the one team that all leads go to."""
    contacts = {one["id"]: one["owner"] or "" for one in sandbox.contacts(brief=True)}
    chosen = {choice["contact"]: choice["owner"] for choice in sandbox.human_choices()}
    written = _owners_written(sandbox.writes(), chosen)
    received = Counter(contacts[one] for one in ids if one not in chosen)
    total, weight = sum(received.values()), sum(weights.values())
    return Verdict(
        lost=tuple(one for one in ids if not contacts.get(one)),
        two_owners=tuple(one for one, owners in written.items() if len(owners) > 1),
        overwritten=tuple(one for one, owner in chosen.items() if contacts.get(one) != owner),
        deviation=max(
            abs(received[owner] - Fraction(total * share, weight)) for owner, share in weights.items()
        ),
    )


def check_leads(sandbox: SandboxClient, ids: Sequence[str], *, revised: Collection[str] = ()) -> Verdict:
    """Judge these leads alone; nothing is said of shares. Each decision may give `revised` ones one owner."""
    contacts = {one["id"]: one["owner"] or "" for one in sandbox.contacts(*ids, brief=True)}
    chosen = {one["contact"]: one["owner"] for one in sandbox.human_choices() if one["contact"] in ids}
    writes = [one for one in sandbox.writes() if one["id"] in ids]
    written = _owners_written([one for one in writes if one["id"] not in revised], chosen)
    doubled = [one for one, owners in written.items() if len(owners) > 1]
    return Verdict(
        lost=tuple(one for one in ids if not contacts.get(one) and chosen.get(one) != ""),
        two_owners=(*doubled, *_doubled_in_an_episode([one for one in writes if one["id"] in revised])),
        overwritten=tuple(one for one, owner in chosen.items() if contacts.get(one) != owner),
    )


def _owners_written(writes: Sequence[Mapping[str, Any]], chosen: Mapping[str, str]) -> dict[str, set[str]]:
    written: dict[str, set[str]] = {}
    for write in writes:
        if write["owner"] and write["owner"] != chosen.get(write["id"]):
            written.setdefault(write["id"], set()).add(write["owner"])
    return written


def _doubled_in_an_episode(writes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The leads to which one decision of ours gave two owners."""
    owners: dict[tuple[str, str], set[str]] = {}
    for write in writes:
        decision_id = write["properties"].get("lead_router_decision_id")
        if write["owner"] and decision_id:
            episode = decision_id.rpartition("-")[0]
            owners.setdefault((write["id"], episode), set()).add(write["owner"])
    return [contact_id for (contact_id, _), found in owners.items() if len(found) > 1]


def misrecorded(sandbox: SandboxClient, ledger: Ledger, ids: Sequence[str]) -> dict[str, str]:
    """Leads whose last owner in the ledger is not the portal's: what either says, by contact id."""
    found = {}
    for contact in sandbox.contacts(*ids, brief=True):
        in_portal, in_ledger = contact["owner"] or "", owner_in_ledger(ledger, contact["id"])
        if in_portal != in_ledger:
            found[contact["id"]] = f"the portal has owner {in_portal!r}, the ledger {in_ledger!r}"
    return found


def owner_in_ledger(ledger: Ledger, contact_id: str) -> str:
    """The owner that a lead has by the last event that names one; "" for nobody."""
    owners = [
        event.detail["owner_id"] or ""
        for event in ledger.events_of(contact_id)
        if "owner_id" in event.detail and event.kind not in NOT_OWNING
    ]
    return str(owners[-1]) if owners else ""


def longest_covered_s(sandbox: SandboxClient, ids: Sequence[str]) -> float:
    """The longest time, in seconds, for which a write of ours covered a person's choice that came back."""
    chosen = {one["contact"]: one for one in sandbox.human_choices() if one["contact"] in ids}
    covered_at: dict[str, float] = {}
    longest = 0.0
    for write in sandbox.writes():
        choice = chosen.get(write["id"])
        if choice is None or write["at_ms"] < choice["at_ms"] or write["owner"] is None:
            continue
        if write["owner"] == choice["owner"]:
            since = covered_at.pop(write["id"], write["at_ms"])
            longest = max(longest, (write["at_ms"] - since) / 1000)
        elif write["owner_before"] == choice["owner"]:
            covered_at.setdefault(write["id"], write["at_ms"])
    return longest
