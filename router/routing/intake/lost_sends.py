"""Writes of ours that a record shows and that nobody remembers: Redis was emptied after they were sent."""

from __future__ import annotations

import re
from typing import Final

from router.hubspot.api.records import Record
from router.hubspot.properties import DECISION_ID, OWNER
from router.store.sends.send import Send

_DECISION_ID: Final = re.compile(r"(\d+)-(\d{1,6})-[0-9a-f]{8}")


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
