"""HubSpot's API over HTTP: its paths, in all versions, and answers that break on the wire."""

import socket
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import orjson
from flask import Blueprint, Response, request

from router.sandbox.clock import now_ms
from router.sandbox.crm import batches, objects, schema
from router.sandbox.crm.repositories import KINDS
from router.sandbox.crm.search import search
from router.sandbox.http.calls import Action, Answer, Call, answer
from router.sandbox.http.errors import Refused, bad_request, error_body
from router.sandbox.http.faults import Fault
from router.sandbox.portal import Portal

# method, path below /crm/v3 (or below /crm/<area>/<version>), name in counts and faults, what it does
ROUTES: tuple[tuple[str, str, str, Action], ...] = (
    ("POST", "objects/<kind>/batch/read", "{kind}/batch/read", batches.read),
    ("POST", "objects/<kind>/batch/update", "{kind}/batch/update", batches.update),
    ("POST", "objects/<kind>/batch/create", "{kind}/batch/create", batches.create),
    ("POST", "objects/<kind>/search", "{kind}/search", search),
    ("POST", "objects/<kind>", "{kind}/create", objects.create),
    ("GET", "objects/<kind>", "{kind}/list", objects.listing),
    ("GET", "objects/<kind>/<target>", "{kind}/get", objects.read),
    ("PATCH", "objects/<kind>/<target>", "{kind}/update", objects.update),
    ("DELETE", "objects/<kind>/<target>", "{kind}/archive", objects.archive),
    ("GET", "owners", "owners/list", schema.list_owners),
    ("GET", "owners/<target>", "owners/get", schema.read_owner),
    ("GET", "properties/<kind>/groups", "groups/{kind}/list", schema.list_groups),
    ("POST", "properties/<kind>/groups", "groups/{kind}/create", schema.create_group),
    ("POST", "properties/<kind>/batch/create", "properties/{kind}/batch/create", schema.create_properties),
    ("GET", "properties/<kind>", "properties/{kind}/list", schema.list_properties),
    ("POST", "properties/<kind>", "properties/{kind}/create", schema.create_property),
    ("GET", "properties/<kind>/<target>", "properties/{kind}/get", schema.read_property),
    ("PATCH", "properties/<kind>/<target>", "properties/{kind}/update", schema.update_property),
)
JSON = "application/json;charset=utf-8"


def hubspot_api(portal: Portal) -> Blueprint:
    """The API under its three path versions: `/crm/v3/…`, `/crm/…/2026-03/…` and `/crm/…/2026-09/…`."""
    blueprint = Blueprint("hubspot", __name__)
    for method, path, name, act in ROUTES:
        area, _, rest = path.partition("/")
        tail = f"/{rest}" if rest else ""
        view = _view(portal, name, act)
        endpoint = f"{method} {path}".replace(".", "_")
        blueprint.add_url_rule(f"/crm/v3/{path}", f"v3 {endpoint}", view, methods=[method])
        dated = f"/crm/{area}/<any('2026-03','2026-09'):version>{tail}"
        blueprint.add_url_rule(dated, f"dated {endpoint}", view, methods=[method])
    blueprint.after_request(_dated)
    details = _view(portal, "account/details", schema.account)
    blueprint.add_url_rule("/account-info/v3/details", "account", details)
    return blueprint


def _view(portal: Portal, name: str, act: Action):  # type: ignore[no-untyped-def] # Flask's own view type
    def view(kind: str = "", target: str = "", version: str = "v3") -> Response:
        plural = KINDS.get(kind, "")
        try:
            call = Call(
                endpoint=name.format(kind=plural or kind),
                version=version,
                kind=plural,
                target=target,
                args=request.args,
                body=_body(),
                token=request.headers.get("Authorization", "").removeprefix("Bearer "),
            )
            if kind and not plural:
                raise bad_request(f"Unable to infer object type from: {kind}")
        except Refused as refused:
            return _sent(Answer(refused.status, refused.body, refused.headers))
        return _sent(answer(portal, call, act))

    return view


def _dated(response: Response) -> Response:
    """The answer with the portal's own time, as HubSpot's servers give theirs."""
    response.headers["Date"] = format_datetime(datetime.fromtimestamp(now_ms() / 1000, UTC), usegmt=True)
    return response


def not_an_api(_: Exception) -> Response:
    """The answer to a path that HubSpot does not have."""
    return _sent(Answer(404, error_body("resource not found")))


def _body() -> dict[str, object]:
    raw = request.get_data(cache=False)
    if not raw:
        return {}
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError as mistake:
        raise bad_request(f"Invalid input JSON on line {mistake.lineno}, column {mistake.colno}") from None
    if not isinstance(parsed, dict):
        raise bad_request("Invalid input JSON on line 1, column 1: an object is expected")
    return parsed


def _sent(given: Answer) -> Response:
    body = b"" if given.body is None else orjson.dumps(given.body)
    headers = dict(given.headers)
    match given.wire:
        case "closed":
            return Response(_broken(b""), 200)
        case "garbage":
            page = b"<!DOCTYPE html><html><head><title>HubSpot</title></head><body>Please wait</body></html>"
            return Response(page, 200, headers, content_type="text/html;charset=utf-8")
        case "huge":
            return _whole_length(_huge(given.fault), given.fault.size_bytes if given.fault else 0, headers)
        case "truncated":
            return Response(body[: len(body) // 2], given.status, headers, content_type=JSON)
        case "reset":
            return _whole_length(_broken(body[: len(body) // 2]), len(body), headers)
        case "drip":
            return _whole_length(_dripping(body, given.fault), len(body), headers)
        case _:
            return Response(body, given.status, headers, content_type=JSON if body else None)


def _whole_length(parts: Iterator[bytes], length: int, headers: dict[str, str]) -> Response:
    return Response(parts, 200, {**headers, "Content-Length": str(length)}, content_type=JSON)


def _broken(sent: bytes) -> Iterator[bytes]:
    """Send these bytes, then break the connection; without a byte the caller sees no answer at all."""
    connection = request.environ["waitress.client_disconnected"].__self__.socket

    def parts() -> Iterator[bytes]:
        if sent:
            yield sent
            # Closing with this option set sends a reset, which is what a crashed proxy does.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError("the sandbox breaks this connection on purpose")

    return parts()


def _dripping(body: bytes, fault: Fault | None) -> Iterator[bytes]:
    pause_s = fault.seconds if fault else 1.0
    for place in range(len(body)):
        yield body[place : place + 1]
        time.sleep(pause_s)


def _huge(fault: Fault | None) -> Iterator[bytes]:
    left = fault.size_bytes if fault else 0
    start, end = b'{"status":"COMPLETE","results":[],"padding":"', b'"}'
    yield start
    left -= len(start) + len(end)
    while left > 0:
        yield b"x" * min(left, 65536)
        left -= 65536
    yield end
