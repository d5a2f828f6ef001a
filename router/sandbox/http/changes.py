"""Changes to contacts that no rep makes: forms in steps, imports, bulk edits, other apps; now or later."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from router.sandbox.crm.records import Source
from router.sandbox.http.asking import Json, Misuse, contact_values, known_contact, what_is_asked
from router.sandbox.portal import Portal

SOURCES = {
    "FORM": Source("FORM", "4d2c7b2e-7a51-4f0a-9f0a-2f6f1f1d0c11"),
    "IMPORT": Source("IMPORT", "31120467"),
    "CRM_UI": Source("CRM_UI", "userId:25531109", user_id=25531109),
    "CRM_UI_BULK_ACTION": Source("CRM_UI_BULK_ACTION", "userId:25531109", user_id=25531109),
    "INTEGRATION": Source("INTEGRATION", "7770001", label="Another app"),
}
"""Who can change a contact, by the `changeSource` of the webhook, which is the history's `sourceType` too."""


class Step(Struct, frozen=True):
    """Values that contacts get `after_s` real seconds from now, from this source."""

    values: Mapping[str, str]
    source: Source
    after_s: float


def change_contacts(portal: Portal) -> Json:
    """POST /sandbox/changes: give each of `contacts` these `properties`.

    `source` is FORM (default), IMPORT, CRM_UI, CRM_UI_BULK_ACTION or INTEGRATION (another app); `after_s`
    (default 0: before the answer) delays it.
    """
    given = what_is_asked()
    contacts = given.pop("contacts", None)
    if not isinstance(contacts, list) or not contacts:
        raise Misuse("Say which contacts: {'contacts': ['501'], 'properties': {…}}.")
    ids = [str(contact) for contact in contacts]
    step = step_of(portal, given)
    with portal.lock:
        for contact in ids:
            known_contact(portal, contact)
    take_later(portal, ids, [step])
    return {"late": portal.late.waiting()}


def steps_of(portal: Portal, given: Sequence[Any], *, contacts: int) -> list[list[Step]]:
    """The later steps of each of these new contacts. Raises Misuse."""
    if given and len(given) != contacts:
        raise Misuse(f"'late' has {len(given)} lists of steps for {contacts} contacts.")
    return [[step_of(portal, step) for step in steps] for steps in given or [[]] * contacts]


def step_of(portal: Portal, given: Mapping[str, Any]) -> Step:
    """`{"properties": {…}, "source": "FORM", "after_s": 2}`. Raises Misuse."""
    if unknown := set(given) - {"properties", "source", "after_s"}:
        raise Misuse(f"A change has no '{min(unknown)}'. It has: properties, source, after_s.")
    after_s = given.get("after_s", 0)
    if not isinstance(after_s, int | float) or isinstance(after_s, bool) or after_s < 0:
        raise Misuse(f"'after_s' is a number of seconds from 0 up, not {after_s!r}.")
    return Step(contact_values(portal, given.get("properties") or {}), source_of(given), float(after_s))


def source_of(given: Mapping[str, Any], *, usual: str = "FORM") -> Source:
    """The source that is named. Raises Misuse."""
    name = given.get("source", usual)
    if name not in SOURCES:
        raise Misuse(f"A source is one of {', '.join(SOURCES)}, not {name!r}.")
    return SOURCES[name]


def take_later(portal: Portal, contacts: Sequence[str], steps: Iterable[Step]) -> None:
    """Let the portal make these changes when they are due; contacts that are gone by then are left out."""
    for step in steps:
        portal.late.after(step.after_s, partial(_take, portal, contacts, step))


def _take(portal: Portal, contacts: Sequence[str], step: Step) -> None:
    with portal.lock:
        for contact in contacts:
            record = portal.repositories["contacts"].find(contact)
            if record is not None:
                portal.change(record, step.values, source=step.source)
