"""A document as one self-contained HTML page, readable on a phone and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from router.rulefiles.document.blocks import Block, Bullets, Document, Grid, Heading

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5a6675; --line: #d9dfe6; --back: #fff;
        --band: #f5f7f9; --sign: #0b6b57; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf0; --soft: #9aa7b5; --line: #34404d; --back: #151b22;
          --band: #1d252e; --sign: #58c7ad; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem 1.25rem 4rem; overflow-wrap: break-word;
       background: var(--back); color: var(--ink);
       font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .5rem; padding-top: .75rem; border-top: 3px solid var(--sign); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 .4rem; }
p, ul, ol { max-width: 46rem; }
li { margin: .25rem 0; }
nav { background: var(--band); border-radius: .5rem; padding: .75rem 1.25rem; }
nav ul { columns: 2; margin: 0; padding: 0; list-style: none; }
a { color: var(--sign); }
table { border-collapse: collapse; width: 100%; margin: .75rem 0 1.25rem; font-size: .95rem; }
th { text-align: left; font-weight: 600; color: var(--soft); padding: .4rem .6rem;
     border-bottom: 2px solid var(--line); }
td { vertical-align: top; border-bottom: 1px solid var(--line); padding: .5rem .6rem; }
tr:nth-child(even) td { background: var(--band); }
td div + div { margin-top: .2rem; }
.plan td:first-child { color: var(--soft); width: 3rem; }
.plan td:nth-child(2) { font-weight: 600; width: 22%; }
.plan td:last-child { white-space: nowrap; width: 7rem; }
.end td:last-child, .end th:last-child { text-align: right; white-space: nowrap;
                                         font-variant-numeric: tabular-nums; }
.plain td:first-child { font-weight: 600; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 640px) {
  nav ul { columns: 1; }
  table, tbody, tr, td { display: block; width: auto !important; }
  thead { position: absolute; left: -999rem; }
  tr { border: 1px solid var(--line); border-radius: .5rem; margin: .75rem 0; padding: .35rem 0; }
  td { border: 0; padding: .3rem .8rem; white-space: normal !important; text-align: left !important; }
  tr:nth-child(even) td { background: none; }
  td[data-label]::before { content: attr(data-label); display: block; color: var(--soft); font-size: .78rem; }
  .plan td:first-child { display: none; }
  .plan td:nth-child(2)::before { content: attr(data-number); }
  .end tr { display: grid; grid-template-columns: 38% 1fr 3.5rem; }
  .end td::before { display: none !important; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav { display: none; }
  tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
}
"""


def as_page(document: Document) -> str:
    """The whole page; every text in it is escaped."""
    sections = [block for block in document.blocks if isinstance(block, Heading) and block.level == 2]
    links = "\n".join(
        f'<li><a href="#s{place}">{escape(section.text)}</a></li>'
        for place, section in enumerate(sections, 1)
    )
    body = "\n".join(_blocks(document.blocks))
    title = escape(document.title)
    return (
        f'<!doctype html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"<nav><ul>\n{links}\n</ul></nav>\n{body}\n<footer>{escape(document.footer)}</footer>\n</body>\n</html>\n"
    )


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    section = 0
    for block in blocks:
        match block:
            case Heading(level=2, text=text):
                section += 1
                yield f'<h2 id="s{section}">{escape(text)}</h2>'
            case Heading(level=level, text=text):
                yield f"<h{level}>{escape(text)}</h{level}>"
            case Bullets(lines, are_steps):
                tag = "ol" if are_steps else "ul"
                yield f"<{tag}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</{tag}>"
            case Grid():
                yield _table(block)
            case paragraph:
                yield f"<p>{escape(paragraph.text)}</p>"


def _table(grid: Grid) -> str:
    kind = {5: "plan" if grid.rows and grid.rows[0][0].isdigit() else "plain", 3: "end"}
    head = "".join(f"<th>{escape(heading)}</th>" for heading in grid.headings)
    rows = "\n".join(_row(grid, row) for row in grid.rows)
    return (
        f'<table class="{kind.get(len(grid.headings), "plain")}">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _row(grid: Grid, row: tuple[str, ...]) -> str:
    number = f"{grid.headings[0]} {row[0]}"
    cells = "".join(
        f'<td data-label="{escape(heading)}" data-number="{escape(number)}">{_lines(cell)}</td>'
        for heading, cell in zip(grid.headings, row, strict=True)
    )
    return f"<tr>{cells}</tr>"


def _lines(cell: str) -> str:
    lines = cell.split("\n")
    return escape(cell) if len(lines) == 1 else "".join(f"<div>{escape(line)}</div>" for line in lines)
