"""How tests run `router`, and what their fixtures of that kind are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from click.testing import CliRunner, Result

from router.cli.commands import router
from tests.world.time import Clock

Run = Callable[..., Result]
"""Runs a command as a person does: `run("explain", "501")`; keywords change the environment."""
RouteNow = Callable[[list[str]], None]
"""Routes these contacts as a worker does, and carries what happened into the ledger."""


def a_runner(environ: Mapping[str, str], *, clock: Clock) -> Run:
    """Commands in this environment, at the time of this clock."""

    def run(*arguments: str, **changed: str) -> Result:
        runner = CliRunner(env={**environ, **changed})
        return runner.invoke(router, arguments, prog_name="router", obj=clock)

    return run
