"""The control routes for tests and the demo: `/sandbox/…`, for this machine only, without a token."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request

from router.sandbox.clock import ahead_ms, iso, now_ms, put_ahead, set_to
from router.sandbox.crm.records import Record, history_entry
from router.sandbox.delivery.route import route_from
from router.sandbox.http.faults import fault_from
from router.sandbox.journal import Write
from router.sandbox.people.humans import Overtaking
from router.sandbox.people.people import populate
from router.sandbox.portal import Portal

_CONTACTED = ("notes_last_contacted", "notes_last_updated")
ACTIVITIES = {
    **dict.fromkeys(("call", "email", "meeting"), _CONTACTED),
    "note": ("notes_last_updated",),
}
"""The activities that a rep can log on a contact, and the dates that HubSpot then sets."""


class Misuse(Exception):
    """A control request that makes no sense. Its message says why."""


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

    @blueprint.get("/health")
    def health() -> Response:
        return _json({"status": "ok", "contacts": len(portal.shelves["contacts"].records)})

    @blueprint.post("/reset")
    def reset() -> Response:
        portal.reset()
        return _json({})

    @blueprint.post("/contacts")
    def create_contacts() -> Response:
        asked = _asked()
        announce = asked.get("announce", True) is True
        if "contacts" in asked:
            ids = [_create(portal, given, announce=announce) for given in asked["contacts"]]
        else:
            count, seed = int(asked.get("count", 1)), int(asked.get("seed", 0))
            ids = populate(portal, count=count, seed=seed, announce=announce)
        return _json({"ids": ids})

    @blueprint.get("/contacts")
    def contacts() -> Response:
        wanted = set(request.args["ids"].split(",")) if "ids" in request.args else None
        brief = "brief" in request.args
        with portal.lock:
            listed = [
                _contact(record, brief=brief)
                for record in portal.shelves["contacts"].records.values()
                if wanted is None or record.id in wanted
            ]
        return _json({"contacts": listed})

    @blueprint.post("/companies")
    def create_companies() -> Response:
        source = portal.humans.source(1)
        with portal.lock:
            made = [
                portal.create("companies", _texts(given), source=source).id for given in _asked()["companies"]
            ]
        return _json({"ids": made})

    @blueprint.delete("/contacts/<contact>")
    def delete_contact(contact: str) -> Response:
        with portal.lock:
            privacy = request.args.get("privacy") == "1"
            portal.remove(
                "contacts", _known(portal, contact), source=portal.humans.source(1), privacy=privacy
            )
        return _json({})

    @blueprint.post("/contacts/<contact>/merge-into/<other>")
    def merge(contact: str, other: str) -> Response:
        with portal.lock:
            loser, winner = _known(portal, contact), _known(portal, other)
            if loser is winner:
                raise Misuse(f"Contact {contact} cannot be merged into itself.")
            merged = portal.merge(loser, winner, source=portal.humans.source(1))
        return _json({"id": merged.id})

    @blueprint.post("/clock")
    def set_clock() -> Response:
        asked = _asked()
        if "now" in asked:
            set_to(_moment(asked["now"]))
        else:
            put_ahead(ahead_ms() + _milliseconds(asked.get("forward_s")))
        return _json({"now": iso(now_ms()), "ahead_s": ahead_ms() / 1000})

    @blueprint.post("/contacts/<contact>/activities")
    def log_activity(contact: str) -> Response:
        kind = _asked().get("kind")
        if kind not in ACTIVITIES:
            raise Misuse(f"An activity is one of {', '.join(ACTIVITIES)}, not '{kind}'.")
        with portal.lock:
            dates = dict.fromkeys(ACTIVITIES[kind], iso(now_ms()))
            portal.edit_by_hand(_known(portal, contact), dates, when="now")
        return _json({})

    @blueprint.post("/human")
    def human() -> Response:
        asked = _asked()
        if "between_read_and_write" in asked:
            rule = asked["between_read_and_write"] or {}
            portal.humans.overtaking = _overtaking(rule)
        if "contact" in asked:
            values = {**asked.get("properties", {})}
            if "owner" in asked:
                values["hubspot_owner_id"] = asked["owner"]
            if "status" in asked:
                values["hs_lead_status"] = asked["status"]
            with portal.lock:
                portal.edit_by_hand(_known(portal, str(asked["contact"])), _texts(values), when="now")
        return _json({})

    @blueprint.get("/human")
    def choices() -> Response:
        return _json({"choices": portal.humans.shown()})

    @blueprint.post("/owners/<owner>/archive")
    def archive_owner(owner: str) -> Response:
        if owner not in portal.owners:
            raise Misuse(f"There is no owner {owner}.")
        with portal.lock:
            portal.archive_owner(owner)
        return _json({})

    @blueprint.post("/owners/<owner>/availability")
    def availability(owner: str) -> Response:
        with portal.lock:
            user = _user_of(portal, owner)
            source = portal.humans.source(portal.owners[owner].user_id)
            portal.write("users", user, _texts(_asked()), source=source)
        return _json({})

    @blueprint.get("/calls")
    def calls() -> Response:
        return _json(portal.journal.summary())

    @blueprint.get("/writes")
    def writes() -> Response:
        made: list[Write] = list(portal.journal.writes)
        return _json({"writes": [write.shown() for write in made]})

    @blueprint.get("/settings")
    def settings() -> Response:
        return _json(portal.settings.public())

    @blueprint.post("/settings")
    def change_settings() -> Response:
        portal.settings = portal.settings.changed(_asked())
        return _json(portal.settings.public())

    @blueprint.post("/faults")
    def add_fault() -> Response:
        portal.faults.add(fault_from(_asked()))
        return _json({"faults": portal.faults.shown()})

    @blueprint.get("/faults")
    def faults() -> Response:
        return _json({"faults": portal.faults.shown()})

    @blueprint.delete("/faults")
    def clear_faults() -> Response:
        portal.faults.clear()
        return _json({})

    @blueprint.post("/deliveries")
    def start_deliveries() -> Response:
        route = route_from(_asked())
        portal.deliveries.start(route)
        return _json({key: value for key, value in asdict(route).items() if key != "secret"})

    @blueprint.get("/deliveries")
    def deliveries() -> Response:
        return _json(portal.deliveries.summary())

    @blueprint.delete("/deliveries")
    def stop_deliveries() -> Response:
        portal.deliveries.stop()
        return _json({})

    return blueprint


def _milliseconds(seconds: object) -> int:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise Misuse("Say by how many seconds, from 0 up: {'forward_s': 3600}.")
    return round(seconds * 1000)


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise Misuse("Say the moment with its zone: {'now': '2026-11-24T09:15:00+00:00'}.")
    return moment


def _asked() -> dict[str, Any]:
    raw = request.get_data(cache=False)
    asked = orjson.loads(raw) if raw else {}
    if not isinstance(asked, dict):
        raise Misuse("The body must be a JSON object.")
    return asked


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _create(portal: Portal, given: Mapping[str, Any], *, announce: bool) -> str:
    unknown = set(given) - set(portal.shelves["contacts"].properties)
    if unknown:
        raise Misuse(f"Contacts have no property '{min(unknown)}'.")
    with portal.lock:
        source = portal.humans.source(1)
        return portal.create("contacts", _texts(given), source=source, announce=announce).id


def _known(portal: Portal, contact: str) -> Record:
    record = portal.shelves["contacts"].find(contact)
    if record is None:
        raise Misuse(f"There is no contact {contact}.")
    return record


def _user_of(portal: Portal, owner: str) -> Record:
    for user in portal.shelves["users"].records.values():
        if user.properties["hubspot_owner_id"] == owner:
            return user
    raise Misuse(f"There is no active owner {owner}.")


def _overtaking(rule: Mapping[str, Any]) -> Overtaking:
    overtaking = Overtaking(
        rate=float(rule.get("rate") or 0), next=int(rule.get("next") or 0), owner=rule.get("owner")
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
