"""Plain lines of an answer, questions and errors.

Everything that a command prints goes through here or through `screen.py`, because texts of strangers are in
it: what would steer the terminal, or hide, is written out (`router/security/visible.py`).
"""

from __future__ import annotations

import os
from typing import IO

import click

from router.security.printing import safe
from router.security.visible import visible


def say(text: str = "", *, nl: bool = True) -> None:
    """Print a text to standard output, with a line end behind it."""
    click.echo(visible(text), nl=nl)


def styled(text: str, colour: str | None = None, *, bold: bool = True) -> tuple[str, str | None, bool]:
    """A part of a line for `say_styled`."""
    return text, colour, bold


def say_styled(*parts: str | tuple[str, str | None, bool]) -> None:
    """Print one text made of parts. Colours go to terminals only, and nowhere if NO_COLOR is set."""
    plain = bool(os.environ.get("NO_COLOR"))
    click.echo(
        "".join(
            _drawn(*(part if isinstance(part, tuple) else (part, None, False)), plain=plain) for part in parts
        )
    )


def warn(text: str) -> None:
    """Print a sentence in red."""
    say_styled(styled(text, "red", bold=False))


def say_error(text: str, *, file: IO[str] | None = None) -> None:
    """Print an error to standard error (or the file), without secrets."""
    click.echo(safe(text), file=file, err=file is None)


def ask(question: str) -> None:
    """Ask for a yes; anything else ends the command (exit code 1)."""
    click.confirm(visible(question), abort=True)


def _drawn(text: str, colour: str | None, bold: bool, *, plain: bool) -> str:
    shown = visible(text)
    return shown if plain or not (colour or bold) else click.style(shown, fg=colour, bold=bold or None)
