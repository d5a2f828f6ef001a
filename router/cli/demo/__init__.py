"""`router demo`: the whole service on a toy HubSpot portal, with a check of every contact."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

import router as package
from router.cli.demo.flow import ProgressCallback, announce_to_us, let_it_settle, let_them_come
from router.cli.demo.report import Report, report_of
from router.cli.demo.stage import ENVIRON_FILE, WORKERS, Stage, set_stage
from router.cli.demo.tables import print_report
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import print_json
from router.cli.shared.screen import screen
from router.rulefiles.load import load_policy
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files

SHIPPED = Path(package.__file__).parents[1] / "config"
PLAIN_LINES = 4
"""Number of progress lines where no bar can be drawn."""


@click.command(epilog="\b\nExamples: router demo\n          router demo --stay")
@click.option(
    "--contacts", type=click.IntRange(1, 20_000), default=200, show_default=True, help="How many come."
)
@click.option("--seed", type=int, help="The same people again; without it, new ones.")
@click.option(
    "--stay", is_flag=True, help="Leave everything running until Ctrl-C, and say how to play with it."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=SHIPPED,
    help="Rule files to use instead of the shipped ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def demo(contacts: int, seed: int | None, stay: bool, config: Path, as_json: bool) -> None:
    """Route 200 contacts of a toy HubSpot portal, and check every one.

    Needs no settings, no HubSpot account and no network. The real service runs, as processes of its own: web,
    2 workers, housekeeping, cron and Valkey. The portal creates contacts and announces them by signed
    webhooks, a fifth of them twice. Exit code 1 if a single contact is not as it should be.
    """
    out = screen(err=as_json)
    _check_rules(config)
    seed = random.randrange(1_000_000) if seed is None else seed  # noqa: S311 - it only picks the people
    with ExitStack() as stack:
        with _doing(out, f"Starting the portal, web, {WORKERS} workers, housekeeping, cron and Valkey"):
            stage = stack.enter_context(set_stage(config_dir=config))
        report = _play(out, stage, contacts=contacts, seed=seed)
        if as_json:
            print_json(report.as_json())
        else:
            print_report(out, report)
        if not report.is_good:
            out.print(Text(stage.last_words(), "dim"))
        if stay:
            _stay(out, stage)
    out.print(f"The same people again: router demo --contacts {contacts} --seed {seed}")
    raise SystemExit(0 if report.is_good else 1)


def _check_rules(config: Path) -> None:
    files = read_rule_files(config)
    if load_policy(files, catalog=parse_catalog(files[CATALOG_FILE])).policy is None:
        raise UserError(
            f"The rule files have mistakes, so no contact could be routed. See: router check {config}"
        )


def _play(out: Console, stage: Stage, *, contacts: int, seed: int) -> Report:
    announce_to_us(stage, seed=seed)
    began = time.monotonic()
    with _progress(out, contacts) as show:
        arrivals = let_them_come(stage, contacts=contacts, seed=seed, progress=show)
    took_s = time.monotonic() - began
    with _doing(out, "Waiting for the ledger and the look at owner histories"):
        let_it_settle(stage)
    return report_of(stage, arrivals, took_s=took_s)


@contextmanager
def _doing(out: Console, what: str) -> Iterator[None]:
    """Show that something takes a moment: a spinner on a terminal, a line elsewhere."""
    if out.is_terminal:
        with out.status(f"{what} …"):
            yield
    else:
        out.print(f"{what} …")
        yield


@contextmanager
def _progress(out: Console, contacts: int) -> Iterator[ProgressCallback]:
    """A bar on a terminal, a few plain lines elsewhere."""
    if not out.is_terminal:
        yield _plain_lines(out, contacts)
        return
    columns = (TextColumn("Routed"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        bar = progress.add_task("", total=contacts)
        yield lambda routed: progress.update(bar, completed=routed)


def _plain_lines(out: Console, contacts: int) -> ProgressCallback:
    step = max(1, contacts // PLAIN_LINES)
    printed = 0

    def show(routed: int) -> None:
        nonlocal printed
        if routed // step > printed // step or routed == contacts:
            out.print(f"Routed {routed} of {contacts}")
            printed = routed

    return show


def _stay(out: Console, stage: Stage) -> None:
    """Leave the demo running until Ctrl-C."""
    person = {"email": "jeanne@boulanger-sa.fr", "zip": "69003", "type_demande": "demo", "country": "France"}
    body = orjson.dumps({"contacts": [person]}).decode()
    lines = (
        "",
        f"Receiver  {stage.settings.public_webhook_url}",
        f"Health    {stage.receiver}/health",
        f"Metrics   {stage.receiver}/metrics",
        f"Portal    {stage.sandbox.base_url}",
        "Create a contact:",
        f"  curl -d '{body}' {stage.sandbox.base_url}/sandbox/contacts",
        "Ask why it went where it went, with the id from the answer, in another terminal:",
        f"  . {stage.directory / ENVIRON_FILE}; router explain ID",
        "Ctrl-C ends it and removes everything.",
    )
    for line in lines:
        out.print(line, soft_wrap=True)
    try:
        stage.interruption.must_not_be_lost()
        signal.pause()
    except KeyboardInterrupt:
        out.print("Stopping …")
