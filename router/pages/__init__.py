"""The HTML pages: a base with the looks of all of them, a template for each, and how one is rendered."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_PAGES: Final = Environment(
    loader=PackageLoader("router.pages", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, language: str, title: str, sends_form: bool = False, **facts: object) -> str:
    """The page as HTML that needs no other file; every text is escaped.

    Its policy lets a browser run nothing, load nothing and, unless it `sends_form`, send nothing. Raises
    jinja2.UndefinedError when a fact that the template asks for is missing.
    """
    form_action = Markup("'self'" if sends_form else "'none'")  # noqa: S704 - one of two words of ours
    return _PAGES.get_template(template).render(
        language=language, title=title, form_action=form_action, **facts
    )


def policy_header(html: str) -> str:
    """The value of Content-Security-Policy for a page that is served: the page's own, and no frames."""
    found = re.search(r'"Content-Security-Policy" content="([^"]+)"', html)
    if found is None:
        raise ValueError("The page is not made by router.pages.")
    return f"{found[1]}; frame-ancestors 'none'"


def _sha256(style: str) -> str:
    """The source that allows a browser this style and no other."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"sha256-{digest}"


_PAGES.globals["sha256"] = _sha256
