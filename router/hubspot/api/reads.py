"""Matching the records of a batch read to the ids asked for, and the missing ids with their cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from router.hubspot.api.records import Missing, ReadAnswer, Record
from router.hubspot.api.replies import ids_in, refusal_in
from router.hubspot.api.shapes import asked_ids, entries, record


def read_answer(answer: Any, asked: Sequence[str]) -> ReadAnswer:
    """Key each record by the id asked for: a merged contact answers with its new id.

    A record that was not asked for breaks the answer's promise; every missing id is then `unknown`, because
    its record may be the one that came under a wrong id.
    """
    records: dict[str, Record] = {}
    wanted = frozenset(asked)
    strays = False
    for entry in entries(answer):
        found = record(entry)
        ours = asked_ids(found, wanted)
        strays = strays or not ours
        for asked_id in ours:
            if asked_id == found.id:
                records[asked_id] = found
            elif asked_id not in records:  # a record with the very id is the better answer
                records[asked_id] = replace(found, id=asked_id, merged_into=found.id)
    gone = set() if strays else _gone_ids(answer)
    missing: dict[str, Missing] = {
        one: "gone" if one in gone else "unknown" for one in asked if one not in records
    }
    return ReadAnswer(records, missing)


def _gone_ids(answer: dict[str, Any]) -> set[str]:
    if "errors" not in answer:
        return set()
    return {
        one
        for error in entries(answer, "errors")
        if "NOT_FOUND" in (refusal_in(error, status=404).code or str(error.get("category", "")))
        for one in ids_in(error)
    }
