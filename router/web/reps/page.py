"""The page of a claim link, and the claim when its button was pressed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from router.pages import page, policy_header
from router.routing.queues.claim_links import ClaimLink, LinkInvalid, opened
from router.routing.queues.claim_words import say, say_in_both
from router.routing.queues.claims import claim_lead
from router.routing.queues.revoked_links import is_revoked
from router.web.reps.claims import STATUS, woken
from router.web.reps.context import ApiContext, guarded


def claim_page(at: ApiContext, token: str) -> Response:
    """The page of a claim link. It changes nothing, because chats open links by themselves for a preview."""

    def ask(link: ClaimLink, language: str) -> Response:
        sentence = f"{link.rep}: contact {link.contact_id} ({link.team})"
        return _page(sentence, status=200, language=language, button=say(language, "claim_button"))

    return guarded(lambda: _with_link(at, token, ask))


def claim_by_link(at: ApiContext, token: str) -> Response:
    """Claim the lead out of the queue of the link's team: the button of the page was pressed."""

    def ask(link: ClaimLink, language: str) -> Response:
        answer = claim_lead(at.services(), link.contact_id, rep=link.rep, team=link.team)
        return _page(woken(answer, at.wake).sentence, status=STATUS[answer.kind], language=language)

    return guarded(lambda: _with_link(at, token, ask))


def _with_link(at: ApiContext, token: str, ask: Callable[[ClaimLink, str], Response]) -> Response:
    """The answer for a link that still counts. Strangers' links cost neither Redis nor the rules anything."""
    secret = at.settings.claim_secret
    if secret is None:
        return _page(say_in_both("links_off"), status=404)
    try:
        link = opened(token, secret=secret.get_secret_value(), now=at.clock())
    except LinkInvalid as error:
        return _page(say_in_both(str(error)), status=403)
    services = at.services()
    language = services.rules.policy().language
    if is_revoked(services, link):
        return _page(say(language, "link_revoked", rep=link.rep), status=403, language=language)
    return ask(link, language)


def _page(sentence: str, *, status: int, language: str = "", button: str = "") -> Response:
    """The sentence; with `button` a button of that text below. The language is empty where it is unknown."""
    facts = {"sentence": sentence, "button": button}
    html = page("claim.html", language=language, title="Lead Router", sends_form=True, **facts)
    headers = {"Content-Security-Policy": policy_header(html)}
    return Response(html, status=status, mimetype="text/html", headers=headers)
