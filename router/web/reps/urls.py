"""The URLs for reps and their tools: /api with tokens, /claim with links."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response

from router.clock import Clock
from router.settings import Settings

if TYPE_CHECKING:  # loading routing takes longer than all else that the receiver needs
    from router.routing.portal.services import Services

URLS: Final = (
    ("GET", "/api/queues/<team>", "claims.queue"),
    ("POST", "/api/claims", "claims.claims"),
    ("POST", "/api/releases", "claims.releases"),
    ("GET", "/api/away", "away.standing"),
    ("POST", "/api/away", "away.away"),
    ("POST", "/api/back", "away.back"),
    ("GET", "/claim/<token>", "page.claim_page"),
    ("POST", "/claim/<token>", "page.claim_by_link"),
)
"""Method, URL, and below `router.web.reps` the module and function that answers."""


def api_blueprint(
    *, settings: Settings, services: Callable[[], Services], wake: Callable[[], None], clock: Clock
) -> Blueprint:
    """The blueprint; `services` builds the services when first called, `wake` wakes a worker."""
    blueprint = Blueprint("api", __name__)

    def answered_by(name: str) -> Callable[..., Response]:
        def view(**parts: str) -> Response:
            module, function = name.split(".")
            context = import_module("router.web.reps.context")
            answer: Callable[..., Response] = getattr(import_module(f"router.web.reps.{module}"), function)
            return answer(context.ApiContext(settings, services, wake, clock), **parts)

        return view

    for method, address, name in URLS:
        blueprint.add_url_rule(address, name.replace(".", " "), answered_by(name), methods=[method])
    return blueprint
