"""Decisions of ours that a record names: its own, another contact's, and those that nobody remembers."""

from __future__ import annotations

import re
from typing import Final

from router.hubspot.api.records import Record
from router.hubspot.properties import DECISION_ID, MERGED_IDS, OWNER
from router.store.sends.send import Send

_DECISION_ID: Final = re.compile(r"(\d+)-(\d{1,6})-[0-9a-f]{8}")


def is_decided(record: Record) -> bool:
    """True if the record has a decision of ours about itself, or about a contact that was merged into it.

    A copied or re-imported contact can carry the decision of another one, which says nothing of it.
    """
    found = _DECISION_ID.fullmatch(record.properties.get(DECISION_ID) or "")
    return found is not None and found[1] in (record.id, *former_ids(record))


def former_ids(record: Record) -> tuple[str, ...]:
    """The ids of the contacts that were merged into this one; empty for most."""
    listed = (record.properties.get(MERGED_IDS) or "").split(";")
    return tuple(one for one in map(str.strip, listed) if one.isdecimal() and one != record.id)


def lost_send(record: Record) -> Send | None:
    """The send that left its decision id on the record, or None if no decision of ours stands there.

    A first decision expected nobody; what a later one expected is not known any more.
    """
    found = _DECISION_ID.fullmatch(record.properties.get(DECISION_ID) or "")
    if found is None or found[1] != record.id:
        return None
    episode = int(found[2])
    expected = "" if episode == 0 else None
    return Send(episode, record.properties.get(OWNER) or "", expected, seen_ms=0, decision_id=found[0])
