"""Affinity: the owners of a company's last leads, and the rep whom its next lead follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from router.hubspot.properties import COMPANY
from router.policy.leads.email import domain_of, kind_of
from router.policy.leads.lead import Lead
from router.policy.rules.policy import Policy, owner_fact, steps_of

Kind = Literal["contact", "company", "domain"]

PREVIOUS_OWNER: Final = "previous_owner"
READ: Final = ("email", COMPANY)
"""The contact's properties that traces are made from."""
LONGEST: Final = timedelta(days=90)
"""Longest memory of an owner: the memory of a contact must not outlive the memory of its lead."""


class Trace(Struct, frozen=True):
    """An identifier that two leads can share: a mailbox, a company id, or a business mail domain."""

    kind: Kind
    mark: str


class Remembered(Struct, frozen=True):
    """The HubSpot owner who got the last lead with one of this lead's traces, and when (aware UTC)."""

    kind: Kind
    owner_id: str
    at: datetime


def traces_of(lead: Lead) -> tuple[Trace, ...]:
    """The lead's traces, the surest first; a free or disposable mail domain makes no trace."""
    return tuple(_traces(lead))


class Affinity(Struct, frozen=True):
    """What a policy remembers of leads: for how long (0: nothing), by which traces, and for what."""

    span: timedelta
    kinds: tuple[Kind, ...]
    names_previous_owner: bool


def affinity_of(policy: Policy) -> Affinity:
    """The affinity of a policy; costs a look at every rule."""
    return Affinity(memory_span(policy), kinds_remembered(policy), names_previous_owner(policy))


def memory_span(policy: Policy) -> timedelta:
    """The time for which owners of leads are remembered: the longest `sticky` of the rules, else 0.

    A policy that names the previous owner remembers for the longest time allowed, 90 days.
    """
    if names_previous_owner(policy):
        return LONGEST
    return max(_spans(policy), default=timedelta(0))


def kinds_remembered(policy: Policy) -> tuple[Kind, ...]:
    """The kinds of traces to remember.

    All kinds with a sticky rule, only `contact` if just the previous owner is named, else none.
    """
    if any(True for _ in _spans(policy)):
        return "contact", "company", "domain"
    return ("contact",) if names_previous_owner(policy) else ()


def names_previous_owner(policy: Policy) -> bool:
    """Whether some rule tests the fact `previous_owner` or assigns leads to the previous owner."""
    return PREVIOUS_OWNER in policy.types or any(
        owner_fact(step.to) == PREVIOUS_OWNER for rule in policy.rules for step in steps_of(rule.action)
    )


def to_follow(
    remembered: Sequence[Remembered], eligible: Mapping[str, str], *, within: timedelta, now: datetime
) -> tuple[str, Kind] | None:
    """The rep whom the lead follows and the kind of trace, or None; `eligible`: reps by owner id.

    `remembered` comes surest first; entries older than `within` at `now` (aware UTC) do not count.
    """
    for one in remembered:
        rep = eligible.get(one.owner_id)
        if rep is not None and now - one.at <= within:
            return rep, one.kind
    return None


def _traces(lead: Lead) -> Iterator[Trace]:
    email = (lead.properties.get("email") or "").strip().lower()
    domain = domain_of(email) if email else None
    company = (lead.properties.get(COMPANY) or "").strip()
    if domain is not None:
        yield Trace("contact", email)
    if company:
        yield Trace("company", company)
    if domain is not None and kind_of(domain) == "business":
        yield Trace("domain", domain)


def _spans(policy: Policy) -> Iterator[timedelta]:
    for rule in policy.rules:
        for step in steps_of(rule.action):
            if step.sticky is not None:
                yield step.sticky
