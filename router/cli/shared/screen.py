"""Answers on a terminal: tables within 80 columns, colours where they are wanted."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import Progress, ProgressColumn
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from router.policy.explanation.explanation import Step


def screen() -> Console:
    """Standard output. Colours go to terminals only, and nowhere if NO_COLOR is set; no text is markup."""
    return Console(highlight=False, markup=False, emoji=False)


@contextmanager
def progress(*columns: ProgressColumn) -> Iterator[Callable[..., None]]:
    """How far something is, on stderr: call it with what `Progress.update` takes. A pipe or a file gets none.

    It draws when it is told and starts no thread, which processes forked beside it would copy.
    """
    console = Console(stderr=True)
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
        drawn.add_row(*(str(cell) for cell in row))
    return drawn


def titled(title: str, below: RenderableType) -> Group:
    """A title in bold, the content below it, and an empty line."""
    return Group(Text(title, "bold"), below, "")


def hanging(line: str, *, width: int) -> str:
    """An indented line that goes on under its own beginning when it is longer than the screen."""
    return textwrap.fill(line, width, initial_indent="  · ", subsequent_indent="    ")


def tree(title: str, steps: Iterable[Step]) -> Tree:
    """The steps below their title; long lines go on under their own beginning."""
    root = Tree(Text(title, "bold"), guide_style="dim")
    for step in steps:
        branch = root.add(Text(step.title, "bold cyan"))
        for line in step.lines:
            branch.add(Text(line))
    return root
