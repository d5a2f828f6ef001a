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

DOORS: Final = (
    ("GET", "/api/queues/<team>", "queue"),
    ("POST", "/api/claims", "claims"),
    ("POST", "/api/releases", "releases"),
    ("GET", "/api/away", "standing"),
    ("POST", "/api/away", "away"),
    ("POST", "/api/back", "back"),
    ("GET", "/claim/<token>", "claim_page"),
    ("POST", "/claim/<token>", "claim_by_link"),
)
"""Method, URL, and the function of `router.web.answers` that answers."""


def api_blueprint(
    *, settings: Settings, services: Callable[[], Services], wake: Callable[[], None], clock: Clock
) -> Blueprint:
    """The blueprint; `services` builds the services when first called, `wake` wakes a worker."""
    blueprint = Blueprint("api", __name__)

    def answered_by(name: str) -> Callable[..., Response]:
        def view(**parts: str) -> Response:
            answers = import_module("router.web.answers")
            answer: Callable[..., Response] = getattr(answers, name)
            return answer(answers.ApiContext(settings, services, wake, clock), **parts)

        return view

    for method, address, name in DOORS:
        blueprint.add_url_rule(address, name, answered_by(name), methods=[method])
    return blueprint
