"""`router check`: every mistake in the rule files at once, with its place and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from router.cli.rules.sarif import as_sarif
from router.cli.rules.setup_app import mistakes_of_app
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say, say_styled, styled
from router.cli.shared.rules_here import rule_files_here
from router.cli.shared.time import now_here
from router.plain import as_plain
from router.policy.leads.catalog import Catalog
from router.rulefiles.load import RULE_FILES, Loaded, load_policy, revision
from router.rulefiles.proofs.prove import left_over, prove
from router.rulefiles.rule_tests.run import run_tests
from router.rulefiles.yaml.mistakes import Mistake, Severity, in_order

COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
ON_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


@click.command(epilog="Example: router check config")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="For people (default), for machines, as annotations of a GitHub pull request, or as a SARIF log.",
)
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option(
    "--info", is_flag=True, help="Also say what is only good to know: where the order of rules matters."
)
def check(directory: Path | None, form: str, info: bool) -> None:
    """Say every mistake in the rule files of DIR (default: CONFIG_DIR, or config).

    Readable files are proved, too: every rule is reached by some lead, every rep can get one, every team has
    a rep at work on each of the next 60 days. If DIR has a hubspot-app, its webhooks are those that the rules
    need. Needs no other setting and no network. Exit code 1 if there is an error; warnings do not fail.
    """
    folder, files, catalog = rule_files_here(directory)
    now = now_here()
    loaded = _proved(load_policy(files, catalog=catalog), files, catalog=catalog, now=now)
    if loaded.policy is not None:
        about_the_app = mistakes_of_app(folder, loaded.policy)
        loaded = Loaded(loaded.policy, in_order((*loaded.mistakes, *about_the_app)))
    shown = [mistake for mistake in loaded.mistakes if info or mistake.severity is not Severity.INFO]
    if form == "json":
        _print_json(loaded, revision(files))
    elif form == "sarif":
        print_json(as_sarif(shown, folder))
    elif form == "github":
        for mistake in shown:
            say(_annotation(mistake, folder))
    else:
        _print_text(loaded, shown)
        if info and loaded.policy is not None:
            left = left_over(loaded.policy, catalog=catalog, now=now)
            say(f"Some leads fit only the last 'otherwise'. {left}" if left else "No lead needs it.")
    raise SystemExit(0 if loaded.policy else 1)


def _proved(loaded: Loaded, files: Mapping[str, bytes], *, catalog: Catalog, now: datetime) -> Loaded:
    """The loaded files with the results of the proof; a rule that can never match is an error like others.

    Tests are run for the rules that they reach; `router test` says whether they pass.
    """
    if loaded.policy is None:
        return loaded
    tested = run_tests(files, loaded.policy, catalog)
    reached = None
    if tested.tests:
        reached = {rule.name for rule in loaded.policy.rules} - {rule.name for rule in tested.unreached}
    found = (
        *tested.mistakes,
        *prove(loaded.policy, catalog=catalog, now=now, files=files, reached=reached),
    )
    broken = any(mistake.severity is Severity.ERROR for mistake in found)
    return Loaded(None if broken else loaded.policy, in_order((*loaded.mistakes, *found)))


def _print_text(loaded: Loaded, shown: Sequence[Mistake]) -> None:
    for mistake in shown:
        head, _, rest = str(mistake).partition("\n")
        place, _, message = head.partition(f" {mistake.severity}: ")
        severity = styled(str(mistake.severity), COLOURS[mistake.severity])
        say_styled(styled(place), " ", severity, f": {message}" + (f"\n{rest}" if rest else ""))
    errors = sum(mistake.severity is Severity.ERROR for mistake in loaded.mistakes)
    warnings = sum(mistake.severity is Severity.WARNING for mistake in loaded.mistakes)
    hidden = len(loaded.mistakes) - len(shown)
    if loaded.policy is None:
        say(f"\n{count_of(errors, 'error')}, {count_of(warnings, 'warning')}. These files cannot go live.")
        return
    policy = loaded.policy
    found = f"{count_of(len(RULE_FILES), 'file')}, {count_of(len(policy.rules), 'rule')}, "
    found += f"{count_of(len(policy.roster.reps), 'rep')}, revision {policy.revision}"
    found += f"; {count_of(warnings, 'warning')}" if warnings else ""
    found += f"; {count_of(hidden, 'note')}: add --info" if hidden else ""
    say_styled(styled("Fine", "green"), f": {found}")


def _print_json(loaded: Loaded, digest: str) -> None:
    policy = loaded.policy
    facts = {
        "ok": policy is not None,
        "revision": digest,
        "rules": len(policy.rules) if policy else None,
        "reps": len(policy.roster.reps) if policy else None,
        "mistakes": [as_plain(mistake) for mistake in loaded.mistakes],
    }
    print_json(facts)


def _annotation(mistake: Mistake, folder: Path) -> str:
    """A line that GitHub shows beside the line of the file (its workflow commands)."""
    text = mistake.message + (f"\n{mistake.hint}" if mistake.hint else "")
    escaped = _escaped(text)
    path = _escaped((folder / mistake.file).as_posix()).replace(",", "%2C").replace(":", "%3A")
    return f"::{ON_GITHUB[mistake.severity]} file={path},line={mistake.line},col={mistake.column}::{escaped}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
