"""Every function that makes a transition is in the table of transitions.

It reads the modules, so it stands apart from the tests that are run on mutants of them.
"""

from __future__ import annotations

import inspect

from router.routing.intake.transitions import gone, leads, owned, parking, queued
from tests.world.transitions import MOVES


def test_every_function_that_makes_a_transition_is_in_the_table() -> None:
    makers = {
        name
        for module in (gone, leads, owned, parking, queued)
        for name, maker in vars(module).items()
        if inspect.isfunction(maker)
        and maker.__module__ == module.__name__
        and inspect.get_annotations(maker).get("return") == "Transition"
        and not name.startswith("_")
    }
    named = {name for move in MOVES.values() for name in move.__code__.co_names}

    assert len(makers) > 15
    assert makers <= named
