"""Errors of the outside world as one sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import click

from router.cli.shared.output import say_error
from router.security.printing import safe


class UserError(click.ClickException):
    """A failure in words; `exit_code` 1 is a no, 2 a misuse."""

    def __init__(self, sentence: str, *, exit_code: int = 1) -> None:
        super().__init__(sentence)
        # click has it on the class, so that a subclass per code would be the other way.
        vars(self)["exit_code"] = exit_code

    def show(self, file: Any = None) -> None:
        """Print the sentence as it is, on stderr unless another file is given."""
        say_error(self.message, file=file)


def safely_quoting(error: click.ClickException) -> click.ClickException:
    """The same error, whose message quotes what was typed with control characters written out."""
    words = safe(error.format_message())
    vars(error)["format_message"] = lambda: words
    return error


def _ledger_down(error: Any) -> str:
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0].rstrip(".")
    return f"The ledger cannot be used: {reason}. See: router ledger check (or correct DATABASE_URL)."


def _and(remedy: str, *, first: str = "") -> Callable[[Any], str]:
    """The error's own words, and what to do."""
    return lambda error: f"{first}{str(error).rstrip('.')}. {remedy}"


def _later(error: Any) -> str:
    return _and(f"Try again in {max(1, round(error.retry_after_s))} s.")(error)


def _of_a_file(error: Any) -> str:
    if error.filename is None:
        return f"The system refuses: {error.strerror or error}."
    return f"{error.filename}: {error.strerror}. Check the path and its permissions."


KNOWN: Final[tuple[tuple[str, str, int, Callable[[Any], str]], ...]] = (
    ("router.settings", "SettingsInvalid", 2, str),
    ("router.security.private_files", "NotPrivate", 2, str),
    ("router.store.embedded", "EmbeddedServerError", 1, str),
    ("router.routing.people.overrides", "ReasonUnclear", 2, str),
    ("router.ledger.schema", "UnusableLedger", 1, str),
    ("router.rules_on_disk", "RuleFilesUnreadable", 1, str),
    ("router.rulefiles.words.catalog_file", "CatalogUnreadableError", 1, str),
    ("router.routing.portal.live_rules", "NoRules", 1, str),
    (
        "router.hubspot.api.errors",
        "AccessDenied",
        1,
        _and("Check HUBSPOT_ACCESS_TOKEN and the scopes of the app."),
    ),
    ("router.hubspot.api.errors", "ComeBackLater", 1, _later),
    ("router.hubspot.api.errors", "Unreachable", 1, _and("Nothing was changed; try again in a minute.")),
    ("router.hubspot.api.errors", "HubSpotError", 1, str),
    ("router.processes.supervisor", "NotReady", 1, str),
    ("router.cli.demo.flow", "Stuck", 1, str),
    (
        "redis",
        "BusyLoadingError",
        1,
        lambda _: "Redis reads its data after a start and takes nothing yet. Try again in a moment.",
    ),
    ("redis", "RedisError", 1, _and("Start it, or correct REDIS_URL.", first="Redis does not answer: ")),
    ("sqlalchemy.exc", "SQLAlchemyError", 1, _ledger_down),
    ("builtins", "OSError", 1, _of_a_file),
)
"""Module, error, exit code and words; the first match counts. Any other error is a bug and crashes."""


def user_error_of(error: Exception) -> UserError | None:
    """The failure in words, or None for a bug."""
    for module, name, exit_code, words in KNOWN:
        loaded = sys.modules.get(module)  # a module that was never loaded did not raise this
        if loaded is not None and isinstance(error, getattr(loaded, name)):
            notes = getattr(error, "__notes__", [])
            return UserError("\n".join([words(error), *notes]), exit_code=exit_code)
    return None
