"""The web application: its blueprints, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from router.clock import Clock, real_clock
from router.settings import Settings
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.web.health import health_blueprint
from router.web.receiver import receiver_blueprint
from router.web.reps.urls import api_blueprint
from router.web.unkept import Unkept

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    # Loading routing takes longer than all else that the receiver needs.
    from router.routing.portal.services import Services

SECURITY_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)

_SENTENCES: Final = {
    404: "There is nothing at this address; webhooks are received at /webhooks/hubspot.",
    405: "This address does not take that method.",
    500: "This is a mistake of ours; it is in the log.",
}


def create_app(
    *,
    settings: Settings,
    inbox: Inbox,
    wake: Callable[[], None],
    vitals: Vitals,
    services: Callable[[], Services] | None = None,
    clock: Clock = real_clock,
) -> Flask:
    """The application; it accepts deliveries whatever state HubSpot, the rules and the workers are in.

    `wake` tells the workers that leads wait. It is called after HubSpot has its answer. `services` builds the
    services at a rep's first request; without it there are no URLs for reps. `clock` judges the age of
    signatures and of claim links.
    """
    app = Flask("router.web", static_folder=None)
    unkept = Unkept()
    app.register_blueprint(
        receiver_blueprint(
            settings=settings, inbox=inbox, wake=wake, vitals=vitals, unkept=unkept, clock=clock
        )
    )
    app.register_blueprint(health_blueprint(vitals=vitals, unkept=unkept, token=settings.health_token))
    if services is not None:
        app.register_blueprint(api_blueprint(settings=settings, services=services, wake=wake, clock=clock))
    app.register_error_handler(HTTPException, _refusal)
    app.wsgi_app = _guarded(app.wsgi_app)  # type: ignore[method-assign,assignment] # as Flask documents
    return app


def _refusal(error: HTTPException) -> Response:
    status = error.code or 500
    sentence = _SENTENCES.get(status, error.description or error.name)
    response = Response(orjson.dumps({"error": sentence}), status=status, mimetype="application/json")
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _guarded(application: WSGIApplication) -> WSGIApplication:
    """The application with the security headers on every answer that does not set its own."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            there = {name.lower() for name, _ in headers}
            missing = [header for header in SECURITY_HEADERS if header[0].lower() not in there]
            return start_response(status, [*headers, *missing], *error)

        return application(environ, start)

    return guarded
