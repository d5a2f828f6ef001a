"""A document as Markdown, as GitHub and wikis show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from router.rulefiles.document.blocks import Block, Bullets, Document, Grid, Heading

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#$~])")


def as_markdown(document: Document) -> str:
    """The document as Markdown; no text in it is taken for markup."""
    lines = [f"# {_escaped(document.title)}", ""]
    for block in document.blocks:
        lines += [*_lines(block), ""]
    return "\n".join([*lines, "---", "", f"*{_escaped(document.footer)}*", ""])


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, text):
            yield f"{'#' * level} {_escaped(text)}"
        case Bullets(lines, are_steps):
            yield from (f"{'1.' if are_steps else '-'} {_escaped(line)}" for line in lines)
        case Grid(headings, rows):
            yield _row(headings)
            yield _row(("---",) * len(headings), is_ruler=True)
            yield from (_row(row) for row in rows)
        case paragraph:
            yield _escaped(paragraph.text)


def _row(cells: tuple[str, ...], *, is_ruler: bool = False) -> str:
    shown = cells if is_ruler else tuple("<br>".join(map(_escaped, cell.split("\n"))) for cell in cells)
    return f"| {' | '.join(shown)} |"


def _escaped(text: str) -> str:
    """The text with everything that Markdown or HTML would act upon made literal."""
    literal = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
    return re.sub(
        r"^(\d+)([.)])|^([-+])(?=\s)", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", literal
    )
