"""Search: filters, one sort, pages, and an index that lags behind the records."""

import operator as operators
import re
from collections.abc import Callable
from typing import Any

import orjson

from router.sandbox.clock import now_ms, parse_ms
from router.sandbox.crm.objects import asked_properties, shown
from router.sandbox.crm.records import Record
from router.sandbox.crm.repositories import RecordRepository
from router.sandbox.http.calls import Answer, Call, Json
from router.sandbox.http.errors import Refused, bad_request
from router.sandbox.portal import Portal

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": operators.eq,
    "NEQ": operators.ne,
    "LT": operators.lt,
    "LTE": operators.le,
    "GT": operators.gt,
    "GTE": operators.ge,
}
PAGE_LIMIT, RESULT_LIMIT = 200, 10_000
Value = Callable[[str], str | None]


def search(portal: Portal, call: Call) -> Answer:
    """POST search. Records newer than the index are not found; changed ones are found as they were before."""
    _refuse_oversize(call.body)
    limit, after = int(call.body.get("limit") or 10), _offset(call.body)
    if limit > PAGE_LIMIT or after + limit > RESULT_LIMIT:
        raise bad_request("There was a problem with the request.")
    settings, repository = portal.settings, portal.repositories[call.kind]
    indexed_at = now_ms() - settings.search_lag_ms
    matching = _filters(repository, call.body.get("filterGroups") or [])
    names = asked_properties(repository, call.body.get("properties"))
    with portal.lock:
        known = list(repository.records.values())
        if settings.search_lag_ms:
            known = [_as_indexed(one, indexed_at) for one in known if one.created_ms <= indexed_at]
        found = matching(known)
        found.sort(key=_sort_key(repository, call.body), reverse=_descending(call.body))
        places: list[Record | None] = [*([None] * settings.search_ghosts), *found]
        size = max(1, limit // 2) if settings.search_short_pages else limit
        page = [one for one in places[after : after + size] if one is not None]
        results = [
            shown(one, names, type_id=repository.type_id, portal_id=settings.portal_id) for one in page
        ]
    body: Json = {"total": len(places), "results": results}
    if after + size < len(places):
        body["paging"] = {"next": {"after": str(after + size)}}
    return Answer(200, body)


def _refuse_oversize(body: Json) -> None:
    groups = body.get("filterGroups") or []
    sizes = [len(group.get("filters") or []) for group in groups]
    if len(groups) > 5 or max(sizes, default=0) > 6 or sum(sizes) > 18:
        raise bad_request("The search has too many filters: 5 groups, 6 filters in each, 18 in all.")
    if len(body.get("sorts") or []) > 1:
        raise bad_request("A search can have one sort only.")
    if len(orjson.dumps(body)) > 3000:
        raise bad_request("The search body is longer than 3000 characters.")


def _offset(body: Json) -> int:
    after = str(body.get("after") or 0)
    if not after.isdigit():
        raise bad_request(f"'after' must be an integer, not '{after}'.")
    return int(after)


def _as_indexed(record: Record, at_ms: int) -> Record:
    if not record.edits:
        return record
    properties = {name: record.value_at(name, at_ms) or "" for name in record.properties}
    return Record(
        record.id,
        properties,
        record.created_ms,
        record.created_by,
        record.created_at,
        record.updated_at,
    )


def _filters(repository: RecordRepository, groups: list[Json]) -> Callable[[list[Record]], list[Record]]:
    """The records that match any group; a group is applied filter by filter, for there may be many."""
    compiled = [[_condition(repository, one) for one in group.get("filters") or []] for group in groups]

    def matching(records: list[Record]) -> list[Record]:
        if len(compiled) > 1:
            return [
                one
                for one in records
                if any(all(holds(one.properties.get) for holds in group) for group in compiled)
            ]
        for asked, holds in zip(groups[0].get("filters") or [], compiled[0], strict=True) if groups else ():
            records = _narrowed(records, asked, holds)
        return records

    return matching


def _narrowed(records: list[Record], asked: Json, holds: Callable[[Value], bool]) -> list[Record]:
    name = str(asked.get("propertyName"))
    if asked.get("operator") == "NOT_HAS_PROPERTY":  # the filter that visits all contacts of a night
        return [one for one in records if not one.properties.get(name)]
    return [one for one in records if holds(one.properties.get)]


def _condition(repository: RecordRepository, asked: Json) -> Callable[[Value], bool]:
    name, operator = str(asked.get("propertyName")), str(asked.get("operator"))
    prop = repository.properties.get(name)
    if prop is None:
        raise bad_request(f"There was a problem with the request: property {name} does not exist.")
    if operator == "HAS_PROPERTY":
        return lambda value: value(name) not in (None, "")
    if operator == "NOT_HAS_PROPERTY":
        return lambda value: value(name) in (None, "")
    test = _test(operator, asked, compare=_comparable(prop.type), is_text=prop.type == "string")

    def holds(value: Value) -> bool:
        text = value(name)
        # A record without a value satisfies no comparison, not even NEQ.
        return text not in (None, "") and test(text)

    return holds


def _test(
    operator: str, asked: Json, *, compare: Callable[[str], Any], is_text: bool
) -> Callable[[Any], bool]:
    wanted, high = str(asked.get("value", "")), str(asked.get("highValue", ""))
    match operator:
        case "EQ" | "NEQ" | "LT" | "LTE" | "GT" | "GTE":
            return lambda text: bool(COMPARISONS[operator](compare(text), compare(wanted)))
        case "BETWEEN":
            return lambda text: bool(compare(wanted) <= compare(text) <= compare(high))
        case "IN" | "NOT_IN":
            # Text is indexed in lower case, and IN compares with the index as it is: "Paris" never matches.
            values = {str(one) if is_text else compare(str(one)) for one in asked.get("values") or ()}
            return lambda text: (compare(text) in values) == (operator == "IN")
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            pattern = re.compile(re.escape(wanted.lower()).replace(r"\*", r"\w*"))
            return lambda text: (
                any(pattern.fullmatch(word) for word in re.findall(r"\w+", text.lower()))
                == (operator == "CONTAINS_TOKEN")
            )
        case _:
            raise bad_request(f"Invalid input JSON: there is no operator '{operator}'")


def _comparable(kind: str) -> Callable[[str], Any]:
    """The order of values of this type: moments and numbers by size, text without case, choices exactly."""

    def parsed(text: str) -> float:
        try:
            return float(text) if kind == "number" else parse_ms(text)
        except ValueError:
            what = "number" if kind == "number" else "date"
            raise bad_request(f"'{text}' is not a {what}.") from None

    if kind in ("datetime", "date", "number"):
        return parsed
    return str.lower if kind == "string" else str


def _sort_key(repository: RecordRepository, body: Json) -> Callable[[Record], Any]:
    sorts = body.get("sorts") or ["hs_object_id"]
    name = sorts[0] if isinstance(sorts[0], str) else str(sorts[0].get("propertyName"))
    name = name.removeprefix("-")
    if name not in repository.properties:
        raise Refused(400, bad_request(f"There was a problem with the request: sort {name}.").body)
    compare = _comparable(repository.properties[name].type)

    def key(record: Record) -> tuple[bool, Any, int]:
        text = record.properties.get(name)
        return (not text, compare(text) if text else 0, int(record.id))

    return key


def _descending(body: Json) -> bool:
    sorts = body.get("sorts") or []
    if not sorts:
        return False
    return (
        sorts[0].startswith("-") if isinstance(sorts[0], str) else sorts[0].get("direction") == "DESCENDING"
    )
