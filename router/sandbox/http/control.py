"""The control routes for tests and the demo: `/sandbox/…`, for this machine only, without a token."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request

from router.sandbox.clock import ahead_ms, iso, now_ms, put_ahead, set_to
from router.sandbox.crm.records import Record, history_entry
from router.sandbox.delivery.route import route_from
from router.sandbox.http.asking import Json, Misuse, contact_values, known_contact, texts, what_is_asked
from router.sandbox.http.changes import change_contacts, source_of, steps_of, take_later
from router.sandbox.http.faults import fault_from
from router.sandbox.people.humans import Overtaking
from router.sandbox.people.people import populate
from router.sandbox.portal import Portal

_CONTACTED = ("notes_last_contacted", "notes_last_updated")
ACTIVITIES = {
    **dict.fromkeys(("call", "email", "meeting"), _CONTACTED),
    "note": ("notes_last_updated",),
}
"""The activities that a rep can log on a contact, and the dates that HubSpot then sets."""


def control(portal: Portal) -> Blueprint:
    """Every control route; a mistake is answered with 400 and a sentence."""
    blueprint = Blueprint("control", __name__, url_prefix="/sandbox")

    @blueprint.before_request
    def only_from_this_machine() -> Response | None:
        if request.remote_addr in ("127.0.0.1", "::1"):
            return None
        return _json({"error": "The sandbox is steered from its own machine only."}, 403)

    @blueprint.errorhandler(Misuse)
    @blueprint.errorhandler(ValueError)
    @blueprint.errorhandler(TypeError)
    def refuse(mistake: Exception) -> Response:
        return _json({"error": str(mistake)}, 400)

    for method, path, act in ROUTES:
        blueprint.add_url_rule(path, f"{method} {path}", _view(portal, act), methods=[method])
    return blueprint


def _view(portal: Portal, act: Callable[..., Json | None]) -> Callable[..., Response]:
    return lambda **named: _json(act(portal, **named) or {})


def create_contacts(portal: Portal) -> Json:
    """Make the contacts that are given, or that many realistic people.

    Contacts that are given have a `source` (default CRM_UI), and each can have steps in `late`, a list of
    lists: `{"properties": {…}, "source": "FORM", "after_s": 2}`.
    """
    asked = what_is_asked()
    announce = asked.get("announce", True) is True
    if "contacts" in asked:
        contacts = [contact_values(portal, given) for given in asked["contacts"]]
        late = steps_of(portal, asked.get("late") or (), contacts=len(contacts))
        source = source_of(asked, usual="CRM_UI")
        with portal.lock:
            made = [portal.create("contacts", one, source=source, announce=announce).id for one in contacts]
        for contact, steps in zip(made, late, strict=True):
            take_later(portal, [contact], steps)
        return {"ids": made}
    count, seed = int(asked.get("count", 1)), int(asked.get("seed", 0))
    return {"ids": populate(portal, count=count, seed=seed, announce=announce)}


def contacts(portal: Portal) -> Json:
    """Tell of every contact, or of those of `ids`."""
    wanted = set(request.args["ids"].split(",")) if "ids" in request.args else None
    with portal.lock:
        listed = [
            _contact(record, brief="brief" in request.args)
            for record in portal.repositories["contacts"].records.values()
            if wanted is None or record.id in wanted
        ]
    return {"contacts": listed}


def create_companies(portal: Portal) -> Json:
    """Make the companies that are given."""
    source = portal.humans.source(1)
    with portal.lock:
        return {
            "ids": [
                portal.create("companies", texts(given), source=source).id
                for given in what_is_asked()["companies"]
            ]
        }


def delete_contact(portal: Portal, contact: str) -> None:
    """Delete a contact as a person does."""
    privacy = request.args.get("privacy") == "1"
    with portal.lock:
        record = known_contact(portal, contact)
        portal.remove("contacts", record, source=portal.humans.source(1), privacy=privacy)


def merge(portal: Portal, contact: str, other: str) -> Json:
    """Merge a contact into another one."""
    with portal.lock:
        loser, winner = known_contact(portal, contact), known_contact(portal, other)
        if loser is winner:
            raise Misuse(f"Contact {contact} cannot be merged into itself.")
        return {"id": portal.merge(loser, winner, source=portal.humans.source(1)).id}


def set_clock(_: Portal) -> Json:
    """Set the clock to the moment `now`, or put it forward by `forward_s` seconds."""
    asked = what_is_asked()
    if "now" in asked:
        set_to(_moment(asked["now"]))
    else:
        put_ahead(ahead_ms() + _milliseconds(asked.get("forward_s")))
    return {"now": iso(now_ms()), "ahead_s": ahead_ms() / 1000}


def log_activity(portal: Portal, contact: str) -> None:
    """Log what a rep did with a contact."""
    kind = what_is_asked().get("kind")
    if kind not in ACTIVITIES:
        raise Misuse(f"An activity is one of {', '.join(ACTIVITIES)}, not '{kind}'.")
    with portal.lock:
        dates = dict.fromkeys(ACTIVITIES[kind], iso(now_ms()))
        portal.edit_by_hand(known_contact(portal, contact), dates, when="now")


def human(portal: Portal) -> None:
    """Edit a contact as a person, or have people overtake our writes."""
    asked = what_is_asked()
    if "between_read_and_write" in asked:
        portal.humans.overtaking = _overtaking(asked["between_read_and_write"] or {})
    if "contact" in asked:
        values = {**asked.get("properties", {})}
        if "owner" in asked:
            values["hubspot_owner_id"] = asked["owner"]
        if "status" in asked:
            values["hs_lead_status"] = asked["status"]
        with portal.lock:
            portal.edit_by_hand(known_contact(portal, str(asked["contact"])), texts(values), when="now")


def archive_owner(portal: Portal, owner: str) -> None:
    """Deactivate an owner."""
    if owner not in portal.owners:
        raise Misuse(f"There is no owner {owner}.")
    with portal.lock:
        portal.archive_owner(owner)


def availability(portal: Portal, owner: str) -> None:
    """Set properties of an owner's user record."""
    with portal.lock:
        user = _user_of(portal, owner)
        source = portal.humans.source(portal.owners[owner].user_id)
        portal.write("users", user, texts(what_is_asked()), source=source)


def calls(portal: Portal) -> Json:
    """Count the calls, or tell the kept calls that named the record `of`."""
    return portal.journal.of(request.args["of"]) if "of" in request.args else portal.journal.summary()


def change_settings(portal: Portal) -> Json:
    """Change settings; those that are not secret are the answer."""
    portal.settings = portal.settings.changed(what_is_asked())
    return portal.settings.public()


def add_fault(portal: Portal) -> Json:
    """Put a fault in force; all of them are the answer."""
    portal.faults.add(fault_from(what_is_asked()))
    return portal.faults.shown()


def start_deliveries(portal: Portal) -> Json:
    """Deliver webhooks to the route that is given."""
    route = route_from(what_is_asked())
    portal.deliveries.start(route)
    return {key: value for key, value in asdict(route).items() if key != "secret"}


ROUTES: tuple[tuple[str, str, Callable[..., Json | None]], ...] = (
    (
        "GET",
        "/health",
        lambda portal: {"status": "ok", "contacts": len(portal.repositories["contacts"].records)},
    ),
    ("POST", "/reset", Portal.reset),
    ("POST", "/contacts", create_contacts),
    ("GET", "/contacts", contacts),
    ("DELETE", "/contacts/<contact>", delete_contact),
    ("POST", "/contacts/<contact>/merge-into/<other>", merge),
    ("POST", "/contacts/<contact>/activities", log_activity),
    ("POST", "/changes", change_contacts),
    ("GET", "/changes", lambda portal: {"late": portal.late.waiting()}),
    ("POST", "/companies", create_companies),
    ("POST", "/clock", set_clock),
    ("POST", "/human", human),
    ("GET", "/human", lambda portal: {"choices": portal.humans.shown()}),
    ("POST", "/owners/<owner>/archive", archive_owner),
    ("POST", "/owners/<owner>/availability", availability),
    ("GET", "/calls", calls),
    ("GET", "/writes", lambda portal: {"writes": [one.shown() for one in list(portal.journal.writes)]}),
    ("GET", "/settings", lambda portal: portal.settings.public()),
    ("POST", "/settings", change_settings),
    ("GET", "/faults", lambda portal: portal.faults.shown()),
    ("POST", "/faults", add_fault),
    ("DELETE", "/faults", lambda portal: portal.faults.clear()),
    ("GET", "/deliveries", lambda portal: portal.deliveries.summary()),
    ("POST", "/deliveries", start_deliveries),
    ("DELETE", "/deliveries", lambda portal: portal.deliveries.stop()),
)
"""Method, path below /sandbox, and what it does; where that gives nothing, the answer is empty."""


def _milliseconds(seconds: object) -> int:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise Misuse("Say by how many seconds, from 0 up: {'forward_s': 3600}.")
    return round(seconds * 1000)


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise Misuse("Say the moment with its zone: {'now': '2026-11-24T09:15:00+00:00'}.")
    return moment


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")


def _user_of(portal: Portal, owner: str) -> Record:
    for user in portal.repositories["users"].records.values():
        if user.properties["hubspot_owner_id"] == owner:
            return user
    raise Misuse(f"There is no active owner {owner}.")


def _overtaking(rule: Mapping[str, Any]) -> Overtaking:
    overtaking = Overtaking(
        rate=float(rule.get("rate") or 0),
        next=int(rule.get("next") or 0),
        owner=rule.get("owner"),
        of=frozenset(map(str, rule.get("of") or ())),
    )
    overtaking.chance.seed(int(rule.get("seed") or 0))
    return overtaking


def _contact(record: Record, *, brief: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": record.id,
        "owner": record.properties.get("hubspot_owner_id") or None,
        "status": record.properties.get("hs_lead_status") or None,
        "created_at": float(record.created_ms),
        "created": iso(record.created_ms),
        "announced_at": record.announced_ms,
        "owned_at": record.owned_ms,
    }
    if brief:
        return facts
    return facts | {
        "properties": record.properties,
        "owner_history": [history_entry(version) for version in record.history("hubspot_owner_id")],
        "status_history": [history_entry(version) for version in record.history("hs_lead_status")],
    }
