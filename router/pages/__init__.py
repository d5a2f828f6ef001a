"""The HTML pages: a base with the looks of all of them, a template for each, and how one is rendered."""

from __future__ import annotations

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

_PAGES: Final = Environment(
    loader=PackageLoader("router.pages", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, language: str, title: str, **facts: object) -> str:
    """The page as HTML that needs no other file; every text is escaped.

    Raises jinja2.UndefinedError when a fact that the template asks for is missing.
    """
    return _PAGES.get_template(template).render(language=language, title=title, **facts)
