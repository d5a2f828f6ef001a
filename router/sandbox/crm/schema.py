"""The calls about the portal itself: owners, properties, property groups, account."""

from datetime import datetime
from zoneinfo import ZoneInfo

from router.sandbox.clock import now_ms
from router.sandbox.crm import owners, properties
from router.sandbox.crm.repositories import RecordRepository
from router.sandbox.http.calls import Answer, Call, Json
from router.sandbox.http.errors import Refused, bad_request, error_body, not_found
from router.sandbox.portal import Portal


def list_owners(portal: Portal, call: Call) -> Answer:
    """GET owners: the active ones, or only the deactivated ones with `archived=true`; paged by `after`."""
    archived = call.args.get("archived", "false") == "true"
    email = call.args.get("email", "").lower()
    limit = min(int(call.args.get("limit", 100)), 500)
    after = int(call.args.get("after", 0))
    found = [
        owner
        for owner in portal.owners.values()
        if owner.archived == archived and int(owner.id) > after and (not email or owner.email == email)
    ]
    body: Json = {"results": [owners.described(owner) for owner in found[:limit]]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": found[limit - 1].id}}
    return Answer(200, body)


def read_owner(portal: Portal, call: Call) -> Answer:
    """GET of one owner, by owner id, or by user id with `idProperty=userId`."""
    by_user = call.args.get("idProperty") == "userId"
    archived = call.args.get("archived", "false") == "true"
    for owner in portal.owners.values():
        if (str(owner.user_id) if by_user else owner.id) == call.target and owner.archived == archived:
            return Answer(200, owners.described(owner))
    raise not_found(call.target)


def list_properties(portal: Portal, call: Call) -> Answer:
    """GET of every property of a type of object."""
    with portal.lock:
        known = list(portal.repositories[call.kind].properties.values())
    return Answer(200, {"results": [properties.described(prop) for prop in known]})


def read_property(portal: Portal, call: Call) -> Answer:
    """GET of one property."""
    return Answer(200, properties.described(_existing(portal.repositories[call.kind], call.target)))


def create_property(portal: Portal, call: Call) -> Answer:
    """POST of a new property; 409 when there is one of that name."""
    return Answer(201, _define(portal, call, call.body))


def create_properties(portal: Portal, call: Call) -> Answer:
    """POST batch/create of properties: those that exist are errors, the others are made."""
    created, errors = [], []
    for asked in call.body.get("inputs") or ():
        try:
            created.append(_define(portal, call, asked))
        except Refused as refused:
            errors.append(refused.body)
    body: Json = {"status": "COMPLETE", "results": created}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer(call.mixed_status if errors else 201, body)


def update_property(portal: Portal, call: Call) -> Answer:
    """PATCH of a property: given attributes replace the old ones, options included."""
    with portal.lock:
        repository = portal.repositories[call.kind]
        before = _existing(repository, call.target)
        return Answer(
            200, _put(repository, {**properties.described(before), **call.body, "name": before.name})
        )


def list_groups(portal: Portal, call: Call) -> Answer:
    """GET of the groups in which properties are shown."""
    groups = portal.repositories[call.kind].groups
    return Answer(200, {"results": [_group(name, label) for name, label in groups.items()]})


def create_group(portal: Portal, call: Call) -> Answer:
    """POST of a new group; 409 when there is one of that name."""
    name, label = str(call.body.get("name", "")), str(call.body.get("label", ""))
    if not name or not label:
        raise bad_request("A property group needs a name and a label.")
    with portal.lock:
        groups = portal.repositories[call.kind].groups
        if name in groups:
            raise Refused(409, error_body(f"Property group '{name}' already exists.", category="CONFLICT"))
        groups[name] = label
    return Answer(201, _group(name, label))


def account(portal: Portal, _: Call) -> Answer:
    """GET account-info details: the portal of the token, and its time zone."""
    zone = portal.settings.time_zone
    offset = datetime.fromtimestamp(now_ms() / 1000, ZoneInfo(zone)).strftime("%z")
    body = {
        "portalId": portal.settings.portal_id,
        "accountType": "STANDARD",
        "timeZone": zone,
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": f"{offset[:3]}:{offset[3:]}",
        "utcOffsetMilliseconds": (int(offset[:3]) * 60 + int(offset[3:])) * 60_000,
        "uiDomain": "app-eu1.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(200, body)


def _define(portal: Portal, call: Call, asked: Json) -> Json:
    with portal.lock:
        repository = portal.repositories[call.kind]
        if asked.get("name") in repository.properties:
            message = f"A property named '{asked['name']}' already exists."
            raise Refused(409, error_body(message, category="CONFLICT"))
        return _put(repository, asked)


def _existing(repository: RecordRepository, name: str) -> properties.Property:
    prop = repository.properties.get(name)
    if prop is None:
        raise Refused(404, error_body(f"Property {name} does not exist", category="OBJECT_NOT_FOUND"))
    return prop


def _put(repository: RecordRepository, asked: Json) -> Json:
    prop = properties.from_request(asked, groups=repository.groups)
    if isinstance(prop, str):
        raise bad_request(prop)
    repository.properties[prop.name] = prop
    return properties.described(prop)


def _group(name: str, label: str) -> Json:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
