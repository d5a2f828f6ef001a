"""What `router ledger` answers, and what every command and process says of a ledger it cannot work with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from router.ledger.schema import NEWEST
from tests.world.command_line import Run
from tests.world.databases import database_url, postgres_url
from tests.world.newer_ledgers import make_newer
from tests.world.old_ledgers import load
from tests.world.portal import PORTAL

__all__ = ["database_url", "postgres_url"]

PASSWORD = "a-password"


@pytest.fixture
def newer(database_url: str) -> str:
    """The URL, with a password, of a ledger that a later version has upgraded."""
    make_newer(database_url, PORTAL)
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(password=PASSWORD)  # our server trusts everybody
    return url.render_as_string(hide_password=False)


def test_a_ledger_that_no_process_has_made_yet_is_not_made_by_looking(run: Run, database_url: str) -> None:
    told, facts = run("ledger", DATABASE_URL=database_url), run("ledger", "--json", DATABASE_URL=database_url)

    assert (told.exit_code, facts.exit_code) == (1, 1)
    assert "none yet; 5 steps to come: router ledger upgrade" in told.stdout
    assert "  0002  Indexes for events of a kind, and for decisions by a revision" in told.stdout
    found = json.loads(facts.stdout)
    assert (found["state"], found["schema"], found["newest"]) == ("old", None, NEWEST)


def test_an_old_ledger_is_upgraded_and_then_says_which_rows_are_left(run: Run, database_url: str) -> None:
    load(database_url)

    done = run("ledger", "upgrade", DATABASE_URL=database_url)
    again = run("ledger", "upgrade", DATABASE_URL=database_url)
    told = run("ledger", DATABASE_URL=database_url)

    assert (done.exit_code, again.exit_code, told.exit_code) == (0, 0, 0)
    assert done.stdout.startswith("5 steps taken.\n  0001  ")
    assert again.stdout.startswith("The schema was up to date.")
    assert f"Schema  {NEWEST}, the one of this version" in told.stdout
    assert "Rows    book_changes: 103 of 103 are left, and rewritten in the background" in told.stdout


def test_old_rows_are_rewritten_at_once_where_that_is_asked_for(run: Run, database_url: str) -> None:
    load(database_url)

    done = json.loads(run("ledger", "upgrade", "--rewrite", "--json", DATABASE_URL=database_url).stdout)
    told = run("ledger", DATABASE_URL=database_url)

    assert [one["revision"] for one in done["ran"]] == ["0001", "0002", "0003", "0004", "0005"]
    assert done["rewritten"] == 103
    assert "Rows    book_changes: all 103 are as this version writes them" in told.stdout


@pytest.mark.parametrize("command", [("revisions",), ("ledger",), ("ledger", "upgrade")], ids=" ".join)
def test_a_newer_ledger_is_refused_in_a_sentence(run: Run, newer: str, command: tuple[str, ...]) -> None:
    told = run(*command, DATABASE_URL=newer)

    assert told.exit_code == 1
    assert "0099" in told.output
    assert f"it knows up to {NEWEST}. Start the newer version again, or restore the backup" in told.output
    assert "Traceback" not in told.output
    assert PASSWORD not in told.output


def test_a_sound_ledger_can_be_used(run: Run, database_url: str) -> None:
    load(database_url)
    run("ledger", "upgrade", DATABASE_URL=database_url)

    told = run("ledger", "check", DATABASE_URL=database_url)

    assert told.exit_code == 0
    assert "can be used." in told.stdout
    assert "Entries that wait for it: 0 of at most 300000" in told.stdout


def test_a_check_says_what_is_wrong_and_what_to_do_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "ledger.sqlite3"
    url = f"sqlite:///{missing}"
    absent = run("ledger", "check", DATABASE_URL=url)
    was_made = missing.exists()
    missing.write_bytes(b"garbage" * 4_000)
    corrupt = run("ledger", "check", DATABASE_URL=url)
    facts = json.loads(run("ledger", "check", "--json", DATABASE_URL=url).stdout)

    assert (absent.exit_code, corrupt.exit_code, was_made) == (1, 1, False)
    assert "is not there" in absent.stdout
    assert "router ledger upgrade" in absent.stdout
    assert "is corrupt" in corrupt.stdout
    assert "What to do: A SQLite file is set aside by the process housekeeping" in corrupt.stdout
    assert (facts["usable"], facts["kind"]) == (False, "corrupt")
    assert missing.read_bytes() == b"garbage" * 4_000


def test_a_check_of_a_postgresql_that_is_down_names_the_remedy_and_no_password(run: Run) -> None:
    told = run("ledger", "check", DATABASE_URL=f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/leads")

    assert told.exit_code == 1
    assert "The ledger leads on 127.0.0.1:1 does not answer" in told.stdout
    assert "Start the database, or correct DATABASE_URL." in told.stdout
    assert PASSWORD not in told.output


def test_housekeeping_starts_on_a_newer_ledger_and_says_so(environ: dict[str, str], newer: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "workers", "housekeeping"],
        env=os.environ | environ | {"DATABASE_URL": newer, "LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stderr is not None
        lines = []
        for line in started.stderr:
            lines.append(line)
            if "ledger.unusable" in line:
                break
        told = lines[-1]
        started.terminate()
        lines += started.stderr.readlines()

    assert "was upgraded by a newer version of Lead Router" in told
    assert started.returncode == 0
    assert not any("Traceback" in line or PASSWORD in line for line in lines)
