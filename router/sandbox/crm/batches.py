"""Batch calls of the CRM objects API, up to 100 records each: read, update, create."""

from router.sandbox.clock import iso, now_ms
from router.sandbox.crm.objects import asked_properties, checked_creations, cleaned, created, shown, written
from router.sandbox.crm.records import Record
from router.sandbox.crm.repositories import RecordRepository
from router.sandbox.http.calls import Answer, Call, Json
from router.sandbox.http.errors import (
    Mistake,
    Refused,
    bad_request,
    invalid_values,
    missing_records,
    record_error,
)
from router.sandbox.portal import Portal

BATCH_LIMIT = 100
HISTORY_LIMIT = 50
"""A batch read with history takes half (observed: 400 beyond)."""


def read(portal: Portal, call: Call) -> Answer:
    """POST batch/read. Unknown and deleted ids are errors of the batch; a merged id gives the new record."""
    history = tuple(call.body.get("propertiesWithHistory") or ())
    ids = _ids(call, limit=HISTORY_LIMIT if history else BATCH_LIMIT, history=bool(history))
    repository = portal.repositories[call.kind]
    names = asked_properties(repository, call.body.get("properties"))
    started = iso(now_ms())
    with portal.lock:
        found: dict[str, Record] = {}
        unknown: list[str] = []
        for record_id in ids:
            record = repository.find(record_id)
            if record is None:
                unknown.append(record_id)
            else:
                record.was_read = True
                found[record.id] = record
        type_id, portal_id = repository.type_id, portal.settings.portal_id
        results = [
            shown(record, names, history=history, type_id=type_id, portal_id=portal_id)
            for record in found.values()
        ]
    errors = [missing_records(repository.object_name, unknown)] if unknown else []
    return _batch(portal, call, results, errors, started=started)


def update(portal: Portal, call: Call) -> Answer:
    """POST batch/update. One bad value refuses the whole batch unless the portal is set to `per_record`."""
    ids = _ids(call, limit=BATCH_LIMIT, history=False)
    repository = portal.repositories[call.kind]
    started = iso(now_ms())
    results: list[Json] = []
    with portal.lock:
        values, errors = _accepted(portal, repository, call, ids)
        # An id that was merged away works in reads but not in batch updates (HubSpot's object API guide).
        unknown = [record_id for record_id in values if record_id not in repository.records]
        for record_id, changes in values.items():
            record = repository.records.get(record_id)
            if record is not None:
                portal.write(call.kind, record, changes, source=portal.app)
                results.append(written(portal, repository, record, changes))
    if unknown:
        errors.append(missing_records(repository.object_name, unknown))
    return _batch(portal, call, results, errors, started=started)


def create(portal: Portal, call: Call) -> Answer:
    """POST batch/create: all or nothing."""
    inputs = _inputs(call, limit=BATCH_LIMIT, history=False)
    started = iso(now_ms())
    with portal.lock:
        made = [created(portal, call, given) for given in checked_creations(portal, call, inputs)]
    body = {"status": "COMPLETE", "results": made, "startedAt": started, "completedAt": iso(now_ms())}
    return Answer(201, body)


def _batch(portal: Portal, call: Call, results: list[Json], errors: list[Json], *, started: str) -> Answer:
    if portal.settings.shuffle_results:
        portal.chance.shuffle(results)
    body: Json = {"status": "COMPLETE", "results": results}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    body |= {"startedAt": started, "completedAt": iso(now_ms())}
    return Answer(call.mixed_status if errors else 200, body)


def _inputs(call: Call, *, limit: int, history: bool) -> list[Json]:
    inputs = call.body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(given, dict) for given in inputs):
        raise bad_request("Invalid input JSON: 'inputs' must be a list of objects")
    if len(inputs) > limit and history:
        message = "The maximum number of inputs supported in a batch request for property histories is 50"
        raise bad_request(message)
    if len(inputs) > limit:
        message = f"The maximum number of inputs supported in a batch is {limit}. "
        raise bad_request(message + "Please reduce the number of items and try again")
    return inputs


def _ids(call: Call, *, limit: int, history: bool) -> list[str]:
    ids = [str(given.get("id", "")) for given in _inputs(call, limit=limit, history=history)]
    if len(set(ids)) < len(ids):
        twice = sorted({record_id for record_id in ids if ids.count(record_id) > 1})
        message = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise bad_request(message, context={"ids": twice})
    return ids


def _accepted(
    portal: Portal, repository: RecordRepository, call: Call, ids: list[str]
) -> tuple[dict[str, dict[str, str]], list[Json]]:
    """The clean values by record id, and an error for each record that cannot be written."""
    values: dict[str, dict[str, str]] = {}
    errors: list[Json] = []
    refused: list[Mistake] = []
    for record_id, given in zip(ids, call.body["inputs"], strict=True):
        changes, mistakes = cleaned(portal, repository, given.get("properties"))
        if not mistakes:
            values[record_id] = changes
            continue
        refused += mistakes
        errors.append(record_error("VALIDATION_ERROR", invalid_values(mistakes)["message"], [record_id]))
    if refused and portal.settings.validation == "whole_batch":
        raise Refused(400, invalid_values(refused))
    return values, errors
