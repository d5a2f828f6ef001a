"""`router revisions`: the revisions that were live, their authors and their changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import pairwise
from typing import Any, Final

import click
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.screen import screen
from router.ledger import Ledger, RuleChange, open_ledger
from router.plain import as_plain
from router.rulefiles.revision_changes import RevisionChange, changes_between

SHOWN: Final = 8
"""Changes listed for a revision; all of them with --json, or by `show`."""
NONE: Final = "No rules have been live yet. Start the workers: router up"
COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


class RevisionStep(Struct, frozen=True):
    """One time that rules went live, the files then and before, and the changes."""

    change: RuleChange
    before: Mapping[str, bytes]
    files: Mapping[str, bytes]
    changes: tuple[RevisionChange, ...]
    first: bool

    def as_json(self) -> dict[str, Any]:
        """Everything except the files."""
        return {**as_plain(self.change), "first": self.first, "changes": [str(one) for one in self.changes]}


@click.group(invoke_without_command=True, epilog="Example: router revisions show 3f9a21c4")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many to list.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def revisions(context: click.Context, limit: int, as_json: bool) -> None:
    """List the rules that were live, newest first: since when, by whom, with how many decisions.

    Below each are its changes, by the names of rules, reps, teams and lists. A revision is a fingerprint of
    the rule files; every decision carries it.
    """
    if context.invoked_subcommand is not None:
        return
    steps = _steps(_ledger(), limit=limit)
    if as_json:
        print_json([step.as_json() for step in steps])
        return
    out = screen()
    if not steps:
        out.print(NONE)
    for place, step in enumerate(steps):
        _show(out, step, live=place == 0)


@revisions.command(epilog="Example: router revisions show 3f9a21c4")
@click.argument("revision")
@click.option("--json", "as_json", is_flag=True, help="Print changes and differing lines as JSON.")
def show(revision: str, as_json: bool) -> None:
    """Show which lines of the rule files a revision changed; its first digits are enough."""
    found = [step for step in _steps(_ledger()) if step.change.revision.startswith(revision)]
    if not found:
        raise UserError(f"No revision {revision} was ever live here. See: router revisions")
    if len({step.change.revision for step in found}) > 1:
        raise UserError(f"Several revisions begin with {revision}. Give one more digit.", exit_code=2)
    step = found[0]
    lines = list(_lines(step))
    if as_json:
        print_json({**step.as_json(), "diff": lines})
        return
    out = screen()
    _show(out, step, live=False, most=len(step.changes))
    for line in lines:
        out.print(Text(line, "" if line.startswith(("+++", "---")) else COLOURS.get(line[:1], "")))


def _ledger() -> Ledger:
    settings = settings_here()
    return open_ledger(settings.ledger_url.get_secret_value(), settings.hubspot_portal_id)


def _steps(ledger: Ledger, *, limit: int | None = None) -> list[RevisionStep]:
    """The times that rules went live, newest first, each with its changes."""
    history = ledger.revisions.all(counted=limit)
    pairs = list(pairwise((None, *history)))[-limit if limit else None :]
    steps = []
    for before, change in reversed(pairs):
        if change is None:
            continue
        files = ledger.files_of(change.revision) or {}
        files_before = (ledger.files_of(before.revision) or {}) if before else {}
        changes = changes_between(files_before, files) if files_before and files else ()
        steps.append(RevisionStep(change, files_before, files, changes, first=before is None))
    return steps


def _show(out: Console, step: RevisionStep, *, live: bool, most: int = SHOWN) -> None:
    change = step.change
    author = f" by {change.origin.author}" if change.origin else ""
    out.print(
        Text.assemble(
            (change.revision, "bold"),
            f"  since {local_time(change.live_since)}{author}, {count_of(change.decisions, 'decision')}",
            ("  live now" if live else "", "green"),
        )
    )
    if not step.files or not (step.before or step.first):
        out.print("  its files, or those before it, are older than LEDGER_KEEP")
    elif step.first:
        out.print("  the first rules")
    elif not step.changes:
        out.print("  only comments or spacing")
    for one in step.changes[:most]:
        out.print(Text(f"  {one}", COLOURS.get(one.sign, "")))
    if len(step.changes) > most:
        out.print(f"  … and {len(step.changes) - most} more: router revisions show {change.revision}")


def _lines(step: RevisionStep) -> Iterator[str]:
    for name in sorted(step.before.keys() | step.files.keys()):
        was, now = (
            files.get(name, b"").decode(errors="replace").splitlines() for files in (step.before, step.files)
        )
        yield from unified_diff(was, now, f"before/{name}", f"after/{name}", lineterm="", n=2)
