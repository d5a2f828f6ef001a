"""The page of a claim link, and the claim when its button was pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response

from router.pages import page
from router.routing.queues.claim_links import ClaimLink, LinkInvalid, opened
from router.routing.queues.claims import claim_lead
from router.web.reps.claims import STATUS, woken
from router.web.reps.context import ApiContext, guarded

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)
"""A claim page runs no script and sends its form to us only."""


def claim_page(at: ApiContext, token: str) -> Response:
    """The page of a claim link. It changes nothing, because chats open links by themselves for a preview."""
    return _with_link(at, token, _confirm_page)


def claim_by_link(at: ApiContext, token: str) -> Response:
    """Claim the lead: the button of the page was pressed."""

    def ask(link: ClaimLink) -> Response:
        answer = woken(claim_lead(at.services(), link.contact_id, rep=link.rep), at.wake)
        return _page(answer.sentence, status=STATUS[answer.kind])

    return guarded(lambda: _with_link(at, token, ask))


def _with_link(at: ApiContext, token: str, ask: Callable[[ClaimLink], Response]) -> Response:
    secret = at.settings.claim_secret
    if secret is None:
        return _page("Claim links are switched off here: CLAIM_SECRET is not set.", status=404)
    try:
        link = opened(token, secret=secret.get_secret_value(), now=at.clock())
    except LinkInvalid as error:
        return _page(str(error), status=403)
    return ask(link)


def _confirm_page(link: ClaimLink) -> Response:
    return _page(f"{link.rep}: contact {link.contact_id} ({link.team})", asks=True, status=200)


def _page(sentence: str, *, status: int, asks: bool = False) -> Response:
    """The sentence, in whatever language it is; `asks` puts the button below."""
    html = page("claim.html", language="", title="Lead Router", sentence=sentence, asks=asks)
    policy = {"Content-Security-Policy": PAGE_POLICY}
    return Response(html, status=status, mimetype="text/html", headers=policy)
