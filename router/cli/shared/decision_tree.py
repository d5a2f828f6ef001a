"""The steps of a decision on a terminal, as a tree."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from rich.tree import Tree

from router.policy.explanation.explanation import Step


def tree(title: str, steps: Iterable[Step]) -> Tree:
    """The steps below their title; long lines go on under their own beginning."""
    root = Tree(Text(title, "bold"), guide_style="dim")
    for step in steps:
        branch = root.add(Text(step.title, "bold cyan"))
        for line in step.lines:
            branch.add(Text(line))
    return root
