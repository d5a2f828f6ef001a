"""Single-record calls of the CRM objects API: read, update, create, delete, list."""

from typing import Any

from router.sandbox.clock import iso, now_ms
from router.sandbox.crm.properties import clean
from router.sandbox.crm.records import Record, history_entry
from router.sandbox.crm.repositories import RecordRepository
from router.sandbox.http.calls import Answer, Call, Json
from router.sandbox.http.errors import Mistake, Refused, bad_request, error_body, invalid_values, not_found
from router.sandbox.portal import Portal


def create(portal: Portal, call: Call) -> Answer:
    """POST on the collection."""
    with portal.lock:
        (values,) = checked_creations(portal, call, [call.body])
        made = created(portal, call, values)
        if call.kind == "tasks":
            _date_contacts(portal, call.body.get("associations") or [])
        return Answer(201, made)


def _date_contacts(portal: Portal, associations: list[Json]) -> None:
    """A task dates the last activity of its contacts (HubSpot's definition of notes_last_updated)."""
    repository = portal.repositories["contacts"]
    for association in associations:
        contact = repository.find(str(association["to"]["id"]))
        if contact is not None:
            dates = {"notes_last_updated": iso(now_ms())}
            contact.write(dates, source=portal.app, at_ms=now_ms(), modified=repository.modified)


def read(portal: Portal, call: Call) -> Answer:
    """GET of one record, by its id or an id that was merged into it."""
    repository = portal.repositories[call.kind]
    names = asked_properties(repository, _comma_list(call, "properties"))
    history = tuple(_comma_list(call, "propertiesWithHistory") or ())
    with portal.lock:
        record = _existing(repository, call.target)
        record.was_read = True
        portal_id = portal.settings.portal_id
        return Answer(
            200, shown(record, names, history=history, type_id=repository.type_id, portal_id=portal_id)
        )


def update(portal: Portal, call: Call) -> Answer:
    """PATCH of one record; unlike a batch it follows a merged id."""
    repository = portal.repositories[call.kind]
    with portal.lock:
        record = _existing(repository, call.target)
        changes, mistakes = cleaned(portal, repository, call.body.get("properties"))
        if mistakes:
            raise Refused(400, invalid_values(mistakes))
        portal.write(call.kind, record, changes, source=portal.app)
        return Answer(200, written(portal, repository, record, changes))


def archive(portal: Portal, call: Call) -> Answer:
    """DELETE of one record, which succeeds even when there is nothing to delete."""
    with portal.lock:
        record = portal.repositories[call.kind].find(call.target)
        if record is not None:
            portal.remove(call.kind, record, source=portal.app)
    return Answer(204)


def listing(portal: Portal, call: Call) -> Answer:
    """GET of the collection, page by page in the order of ids."""
    repository = portal.repositories[call.kind]
    names = asked_properties(repository, _comma_list(call, "properties"))
    limit = min(int(call.args.get("limit", 10)), 100)
    after = int(call.args.get("after", 0))
    with portal.lock:
        rest = [record for key, record in repository.records.items() if int(key) > after]
        portal_id = portal.settings.portal_id
        results = [shown(one, names, type_id=repository.type_id, portal_id=portal_id) for one in rest[:limit]]
    body: Json = {"results": results}
    if len(rest) > limit:
        body["paging"] = {"next": {"after": results[-1]["id"]}}
    return Answer(200, body)


def asked_properties(repository: RecordRepository, asked: Any) -> tuple[str, ...]:
    """The properties in an answer: those asked for that exist, and the three that are always there."""
    names = [name for name in asked or repository.shown_by_default if name in repository.properties]
    return tuple(dict.fromkeys((*names, *repository.always_shown)))


def shown(
    record: Record, names: tuple[str, ...], *, type_id: str, portal_id: int, history: tuple[str, ...] = ()
) -> Json:
    """A record as the API answers it; a property without a value is null."""
    value = record.properties.get
    body: Json = {
        "id": record.id,
        "properties": {name: value(name) for name in names},
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "archived": False,
        "url": f"https://app.hubspot.com/contacts/{portal_id}/record/{type_id}/{record.id}",
    }
    if history:
        body["propertiesWithHistory"] = {
            name: [history_entry(version) for version in record.history(name)] for name in history
        }
    return body


def written(portal: Portal, repository: RecordRepository, record: Record, changes: dict[str, str]) -> Json:
    """A record as the API answers a write: the changed properties, and the three that are always there."""
    names = (*changes, *repository.always_shown)
    return shown(record, names, type_id=repository.type_id, portal_id=portal.settings.portal_id)


def cleaned(
    portal: Portal, repository: RecordRepository, properties: Any
) -> tuple[dict[str, str], list[Mistake]]:
    """The values as they will be stored, and the mistakes in the others."""
    if not isinstance(properties, dict):
        raise bad_request("Invalid input JSON: 'properties' must be an object")
    changes: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for name, value in properties.items():
        prop = repository.properties.get(name)
        if prop is not None and type(value) is str and (prop.takes_any_text or value in prop.allowed):
            changes[name] = value
        elif prop is None:
            mistakes.append(Mistake(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif isinstance(accepted := clean(prop, value, owners=portal.active_owners), Mistake):
            mistakes.append(accepted)
        else:
            changes[name] = accepted
    return changes, mistakes


def checked_creations(portal: Portal, call: Call, inputs: list[Json]) -> list[dict[str, str]]:
    """The clean values of records to create; refuses all of them for one that cannot be created."""
    repository = portal.repositories[call.kind]
    checked = []
    taken: set[str] = set()
    for given in inputs:
        changes, mistakes = cleaned(portal, repository, given.get("properties"))
        if mistakes:
            raise Refused(400, invalid_values(mistakes))
        email = changes.get("email", "").lower()
        if call.kind == "contacts" and email and (email in repository.by_email or email in taken):
            existing = repository.by_email.get(email, "")
            message = f"Contact already exists. Existing ID: {existing}"
            raise Refused(409, error_body(message, category="CONFLICT"))
        taken.add(email)
        checked.append(changes)
    return checked


def created(portal: Portal, call: Call, values: dict[str, str]) -> Json:
    """Create the record and return it as the API shows it."""
    repository = portal.repositories[call.kind]
    return written(portal, repository, portal.create(call.kind, values, source=portal.app), values)


def _existing(repository: RecordRepository, record_id: str) -> Record:
    record = repository.find(record_id)
    if record is None:
        raise not_found(record_id)
    return record


def _comma_list(call: Call, name: str) -> list[str] | None:
    text = call.args.get(name)
    return text.split(",") if text else None
