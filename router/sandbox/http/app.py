"""The portal as a web application: HubSpot's API, and the control routes beside it."""

from flask import Flask

from router.sandbox.http.api import hubspot_api, not_an_api
from router.sandbox.http.control import control
from router.sandbox.portal import Portal


def make_app(portal: Portal) -> Flask:
    """A WSGI application around a portal. Runs on waitress only: some faults need its connection."""
    app = Flask("router.sandbox")
    app.url_map.strict_slashes = False  # HubSpot's own client asks for /crm/v3/owners/
    app.register_blueprint(hubspot_api(portal))
    app.register_blueprint(control(portal))
    app.register_error_handler(404, not_an_api)
    return app
