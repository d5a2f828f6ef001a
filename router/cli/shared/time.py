"""What time it is for a command."""

from __future__ import annotations

from datetime import datetime

import click

from router.clock import Clock, real_clock


def clock_here() -> Clock:
    """The clock handed to the command line as click's `obj`, as tests do; otherwise the real one."""
    clock: Clock = click.get_current_context().obj or real_clock
    return clock


def now_here() -> datetime:
    """The present moment by that clock."""
    return clock_here()()
