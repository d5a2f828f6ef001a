"""`router schema`: JSON Schemas for the rule files, with which an editor completes them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of
from router.cli.shared.output import say
from router.cli.shared.rules_here import rule_files_here
from router.rulefiles.editor_schema import editor_schemas
from router.rulefiles.editor_schema.parts import as_text

FOLDER: Final = ".schema"
"""Beside the folder of the rules: there the first line of each shipped rule file looks for it."""


@click.command(epilog="Example: router schema")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write.  [default: .schema beside DIR]")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a schema is not up to date.")
def schema(directory: Path | None, out: Path | None, *, check: bool) -> None:
    """Write what an editor needs to complete the rule files of DIR (default: CONFIG_DIR, or config).

    Any editor with yaml-language-server reads it: properties, options, teams, reps, lists and skills
    complete themselves, and typing errors are underlined. Run it again after router pull, and when a
    team, rep, list or skill is new. Rule files may hold mistakes; no network is needed.
    """
    folder, files, catalog = rule_files_here(directory)
    schemas = editor_schemas(files, catalog)
    made = {name: as_text(found) for name, found in schemas.items()}
    target = out or folder.resolve().parent / FOLDER
    stale = [name for name, found in made.items() if not _holds(target / name, found)]
    if check:
        if stale:
            raise UserError(f"Not up to date in {target}: {', '.join(stale)}. Run: router schema")
        say(f"Up to date: {count_of(len(made), 'schema')} in {target}")
        return
    if target.exists() and not target.is_dir():
        raise click.UsageError(f"{target} is no directory. Name another one with --out.")
    target.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (target / name).write_bytes(made[name])
    say(f"{count_of(len(made), 'schema')} in {target}, {len(stale)} of them new or changed")


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
