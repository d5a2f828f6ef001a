"""Putting the counts of open leads right with few searches: sums first, single reps where a sum differs.

The book of shares counts every lead that we give and every change that HubSpot reports; a search only finds
what no webhook announced. HubSpot's search returns one number, so many reps are counted together, and halved
where that number is not ours. Two mistakes can even each other out in a sum: so some reps are counted alone
each time, in turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from router import time_slice
from router.hubspot.properties import OBJECT_ID, OWNER, STATUS
from router.ledger import LEDGER_ERRORS
from router.policy.leads.catalog import Owner
from router.policy.shares.least_loaded import reps_counted
from router.policy.shares.share_book import open_field
from router.repeated import repeated
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.store.leads.open_leads import LATELY

MOST_SEARCHES: Final = 30
"""Searches of one refresh. No more reps than these are counted one by one every time."""
TURNS: Final = 8
"""Of more reps, so many are counted alone each time: 200 reps in two hours."""
OWNERS_PER_SEARCH: Final = 75
MOST_LEFT_OUT: Final = 100
"""Contacts that a search can leave out: HubSpot takes 3,000 characters, owners included."""


def plan_counts(services: Services, owners: Mapping[str, Owner]) -> None:
    """Note the reps to be counted now, alone or together; a rep who never was is counted alone."""
    policy, store = services.rules.policy(), services.store.open_counts
    owner_of = _owner_ids(services, owners, reps_counted(policy))
    counted = {rep: at for rep, (owner_id, at) in store.counted().items() if owner_of.get(rep) == owner_id}
    store.forget([rep for rep in store.counted() if rep not in counted])
    unknown = [rep for rep in owner_of if rep not in counted]
    if len(owner_of) <= MOST_SEARCHES:
        store.begin([[rep] for rep in owner_of], searches=MOST_SEARCHES)
        return
    known = [rep for rep in owner_of if rep in counted]
    together = [known[at : at + OWNERS_PER_SEARCH] for at in range(0, len(known), OWNERS_PER_SEARCH)]
    alone = sorted(known, key=lambda rep: counted[rep])[:TURNS]
    groups = [*([rep] for rep in unknown), *together, *([rep] for rep in alone)]
    store.begin(groups, searches=MOST_SEARCHES + len(unknown))


def count_some(services: Services) -> dict[str, int]:
    """Count until all is right, the searches are used up or the time slice is over; the counts by rep.

    Without the ledger the counts stay as they are, moved by what is decided and seen. Raises `HubSpotError`,
    `NoRules` or `redis.RedisError`; then the rest is still to be counted.
    """
    store, right = services.store.open_counts, dict[str, int]()
    try:
        lately = _lately(services)
    except LEDGER_ERRORS as error:
        why = str(error).partition("\n")[0]
        repeated.say(services.log, "open_leads.not_counted", problem=type(error).__name__, why=why)
        store.drop()  # the next refresh counts anew
        return {}
    owners = services.people.owners.by_email()
    while (group := store.next_group()) is not None:
        then, found = _count(services, owners, group, lately)
        store.done(then)
        right |= found
        if time_slice.is_over():
            break
    return right


class _Lately(Struct, frozen=True):
    """Leads moved within the last minute, which HubSpot's search may not show yet.

    By contact the book field they count in; or, if they are too many, a count by owner and of all.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    assigned: Mapping[str, int] = field(default_factory=dict)
    moved: int = 0


def _lately(services: Services) -> _Lately:
    record_outbox(services)
    assigned = services.ledger.assigned_since(services.clock() - LATELY)
    moved = {*assigned, *services.store.open_leads.moved_lately(now_ms=services.now_ms())}
    if len(moved) > MOST_LEFT_OUT:
        return _Lately(assigned=Counter(assigned.values()), moved=len(moved) - len(assigned))
    return _Lately(places=services.store.open_leads.places(sorted(moved)))


def _owner_ids(services: Services, owners: Mapping[str, Owner], reps: Sequence[str]) -> dict[str, str]:
    """The active owner of each of these reps."""
    roster = services.rules.policy().roster.reps
    found = {rep: owners.get(roster[rep].owner.lower()) for rep in reps if rep in roster}
    return {rep: owner.id for rep, owner in found.items() if owner is not None and not owner.archived}


def _count(
    services: Services, owners: Mapping[str, Owner], group: Sequence[str], lately: _Lately
) -> tuple[list[Sequence[str]], dict[str, int]]:
    """Count the reps together; the halves to count next if their sum is not ours, or the rep's count."""
    store, owner_of = services.store.open_counts, _owner_ids(services, owners, group)
    if not owner_of:
        return [], {}
    fields = [open_field(rep) for rep in owner_of]
    ours = store.of(fields)
    found = services.hubspot.count_contacts(
        _filters(services, list(owner_of.values()), lately), priority="sweep"
    )
    found += sum(place in ours for place in lately.places.values())
    newly = sum(lately.assigned.get(owner_id, 0) for owner_id in owner_of.values())
    # What we count is right if the search can show the same once it has caught up.
    right = min(max(sum(ours.values()), found - lately.moved), found + newly)
    difference = right - sum(ours.values())
    if len(owner_of) == 1:
        ((rep, owner_id),) = owner_of.items()
        store.correct({open_field(rep): difference})
        store.note_counted(rep, owner_id=owner_id, at_ms=services.now_ms())
        return [], {rep: right}
    if difference and store.searches_left() > 0:
        reps = list(owner_of)
        return [reps[: len(reps) // 2], reps[len(reps) // 2 :]], {}
    return [], {}


def _filters(services: Services, owner_ids: Sequence[str], lately: _Lately) -> list[Mapping[str, object]]:
    open_statuses = list(services.rules.policy().outcomes.open_statuses)
    filters: list[Mapping[str, object]] = [
        {"propertyName": OWNER, "operator": "IN", "values": list(owner_ids)},
        {"propertyName": STATUS, "operator": "IN", "values": open_statuses},
    ]
    if lately.places:
        left_out = {"propertyName": OBJECT_ID, "operator": "NOT_IN", "values": list(lately.places)}
        filters.append(left_out)
    return filters
