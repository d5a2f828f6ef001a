"""`router ledger`: the schema of the ledger, and the work that an upgrade has left."""

from __future__ import annotations

import click
import redis
from rich.progress import Progress as Bars
from sqlalchemy import make_url

from router.cli.shared.context import settings_here
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen
from router.ledger.engine import engine_of, name_of
from router.ledger.migrations.status import LedgerStatus, status_of
from router.ledger.migrations.upgrade import Migration
from router.ledger.opening.check import problem_in
from router.ledger.opening.set_aside import files_set_aside
from router.ledger.rewriting.rewrites import Rewrites, RewritingProgress
from router.ledger.schema import bring_up_to_date
from router.plain import as_plain
from router.settings import Settings
from router.store.clients import redis_url, text_client
from router.store.keys import Keys
from router.store.shared.outbox import MOST_WAITING, Outbox


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples: router ledger\n          router ledger check\n          router ledger upgrade",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def ledger(ctx: click.Context, as_json: bool) -> None:
    """Say which schema the ledger has, which this version knows, and which old rows are left.

    Any process of this version upgrades the schema when it starts; old rows are rewritten by
    housekeeping, beside everything else. Exit code 1 if the schema is not the one of this version.
    """
    if ctx.invoked_subcommand is not None:
        return
    found = status_of(settings_here().ledger_url.get_secret_value())
    if as_json:
        print_json(as_plain(found))
    else:
        for line in (f"Ledger  {found.database}", f"Schema  {_schema(found)}", *_steps(found.to_come)):
            say(line)
        for one in found.rewriting:
            say(f"Rows    {_rows(one)}")
    raise SystemExit(0 if found.state == "current" else 1)


@ledger.command(
    short_help="Bring the schema up to date.",
    epilog="\b\nExamples: router ledger upgrade\n          router ledger upgrade --rewrite",
)
@click.option("--rewrite", is_flag=True, help="Rewrite old rows now as well, rather than in the background.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def upgrade(rewrite: bool, as_json: bool) -> None:
    """Bring the ledger's schema up to date, under a lock, all or nothing. Safe to repeat.

    Take a backup before: an older version does not work with a newer ledger. `router ledger` lists the
    pending upgrades.
    """
    engine = engine_of(settings_here().ledger_url.get_secret_value())
    steps, rewrites = bring_up_to_date(engine), Rewrites(engine)
    rows = _rewrite(rewrites) if rewrite else 0
    if as_json:
        progress = [as_plain(one) for one in rewrites.progress()]
        print_json({"ran": [as_plain(one) for one in steps], "rewritten": rows, "rewriting": progress})
        return
    say(f"{count_of(len(steps), 'step')} taken." if steps else "The schema was up to date.")
    for line in _steps(steps):
        say(line)
    if rewrite:
        say(f"{count_of(rows, 'row')} rewritten.")
    elif rewrites.pending():
        say("Old rows are rewritten in the background; see how far it is with: router ledger")


@ledger.command(epilog="Example: router ledger check")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def check(as_json: bool) -> None:
    """Say whether the ledger can be used, what is wrong with it otherwise, and what to do.

    Opens it, writes without changing anything, and lets SQLite check the whole file, which takes some
    seconds per million leads. Changes nothing; exit code 1 if it cannot be used.
    """
    settings = settings_here()
    url = settings.ledger_url.get_secret_value()
    with Bars(console=screen(), disable=not screen().is_terminal, transient=True) as bars:
        bars.add_task("Checking the whole ledger", total=None)
        problem = problem_in(url)
    aside = files_set_aside(url)
    waiting = _waiting(settings)
    if as_json:
        facts = (
            {**as_plain(problem), "sentence": problem.sentence, "remedy": problem.remedy} if problem else {}
        )
        print_json({"usable": problem is None, **facts, "waiting": waiting, "set_aside": aside})
    else:
        say(problem.sentence if problem else f"The ledger {name_of(make_url(url))} can be used.")
        if problem:
            say(f"What to do: {problem.remedy}")
            say("Meanwhile leads are routed, and what happens is kept in Redis.")
        count = (
            "unknown, as Redis does not answer" if waiting is None else f"{waiting} of at most {MOST_WAITING}"
        )
        say(f"Entries that wait for it: {count}")
        for name in aside:
            say(f"Set aside because it was corrupt: {name}. Restore the backup, or move it away.")
    raise SystemExit(1 if problem else 0)


def _waiting(settings: Settings) -> int | None:
    try:
        client = text_client(redis_url(settings))
        return Outbox(client, Keys(settings.hubspot_portal_id)).length()
    except redis.RedisError:
        return None


def _rewrite(rewrites: Rewrites) -> int:
    """Rewrite all rows that are left, with a bar on a terminal; the number of rows."""
    done, left = 0, sum(one.left for one in rewrites.progress())
    with Bars(console=screen(), disable=not screen().is_terminal, transient=True) as bars:
        bar = bars.add_task("Rewriting rows", total=left)
        while rewritten := rewrites.rewrite_some():
            done += rewritten.rows
            bars.update(bar, completed=done)
    return done


def _schema(found: LedgerStatus) -> str:
    if found.state == "current":
        return f"{found.schema}, the one of this version"
    if found.state == "newer":
        return (
            f"{found.schema}, which this version does not know: it knows up to {found.newest}. Start the "
            "newer version again, or restore the backup that was taken before the upgrade."
        )
    return (
        f"{found.schema or 'none yet'}; {count_of(len(found.to_come), 'step')} to come: router ledger upgrade"
    )


def _steps(steps: tuple[Migration, ...]) -> list[str]:
    return [f"  {one.revision}  {one.adds}" for one in steps]


def _rows(one: RewritingProgress) -> str:
    if not one.left:
        return f"{one.name}: all {one.rows} are as this version writes them"
    return f"{one.name}: {one.left} of {one.rows} are left, and rewritten in the background"
