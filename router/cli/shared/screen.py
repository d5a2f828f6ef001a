"""Answers on a terminal: tables within 80 columns, colours where they are wanted.

Like `output.py`, it writes out what would steer the terminal, or hide.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.progress import Progress, ProgressColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from router.policy.explanation.step import Step
from router.security.visible import one_line, visible


class Screen(Console):
    """A console that shows control characters of any text, and obeys only those of its own styles."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments to write; rich calls this for every part of an answer."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def screen(*, err: bool = False) -> Screen:
    """Standard output, or standard error.

    Colours go to terminals only, and nowhere if NO_COLOR is set; no text is markup.
    """
    return Screen(stderr=err, highlight=False, markup=False, emoji=False)


@contextmanager
def progress(*columns: ProgressColumn) -> Iterator[Callable[..., None]]:
    """How far something is, on stderr: call it with what `Progress.update` takes. A pipe or a file gets none.

    It draws when it is told and starts no thread, which processes forked beside it would copy.
    """
    console = screen(err=True)
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
    ) as drawn:
        yield partial(drawn.update, drawn.add_task("", total=None), refresh=True)


def table(*headings: str, rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()) -> Table:
    """A table without frame; `numbers` are the columns (from 0) that are aligned right."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(one_line(str(cell)) for cell in row))
    return drawn


def titled(title: str, below: RenderableType) -> Group:
    """A title in bold, the content below it, and an empty line."""
    return Group(Text(one_line(title), "bold"), below, "")


def hanging(line: str, *, width: int) -> str:
    """An indented line that goes on under its own beginning when it is longer than the screen."""
    return textwrap.fill(line, width, initial_indent="  · ", subsequent_indent="    ")


def tree(title: str, steps: Iterable[Step]) -> Tree:
    """The steps below their title; long lines go on under their own beginning."""
    root = Tree(Text(one_line(title), "bold"), guide_style="dim")
    for step in steps:
        branch = root.add(Text(one_line(step.title), "bold cyan"))
        for line in step.lines:
            branch.add(Text(one_line(line)))
    return root
