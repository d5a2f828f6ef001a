"""A real PostgreSQL for the tests: DATABASE_URL, or a server of our own where PostgreSQL is installed.

Each test has an empty schema of its own, so that pytest-xdist's workers can share a server.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import Engine, create_engine, make_url

NOT_INSTALLED: Final = "PostgreSQL is not installed: the ledger was tested on SQLite only"
PROGRAMS: Final = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version, outside of PATH."""
UNPRIVILEGED: Final = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; then it runs as the first of these that exists."""
INITDB: Final = ("-U", "lead_router", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8")
SERVER: Final = """
no_fsync="-F -c full_page_writes=off"
"$1/pg_ctl" -D "$2/data" -s -w -l "$2/log" -o "-k $2 -c listen_addresses='' $no_fsync" start ||
    { cat "$2/log"; exit 1; }
echo ready
cat > /dev/null  # until the tests are over, or were killed
"$1/pg_ctl" -D "$2/data" -s -w -m immediate stop
rm -rf "$2"
"""


def given_url() -> str | None:
    """The database of DATABASE_URL, if it is a PostgreSQL."""
    given = os.environ.get("DATABASE_URL", "")
    return given if given.startswith("postgres") else None


def programs() -> Path | None:
    """The directory of `initdb` and `pg_ctl`, of the newest version; None where there is no PostgreSQL."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def a_server(bin_directory: Path) -> Iterator[str]:
    """The URL of an empty server, which goes with everything it wrote, even if the tests are killed."""
    user = _user()
    directory = Path(tempfile.mkdtemp(prefix="lr-pg-"))  # short: a socket's path has 107 characters at most
    if user is not None:
        shutil.chown(directory, user)
    try:
        made = subprocess.run(
            [bin_directory / "initdb", "-D", directory / "data", *INITDB],
            user=user,
            cwd=directory,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stderr
        server = subprocess.Popen(
            ["/bin/sh", "-c", SERVER, "sh", bin_directory, directory],
            user=user,
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests; they end it then
        )
        with server:
            assert server.stdout is not None
            said = server.stdout.readline()
            assert said == "ready\n", said + server.stdout.read()
            yield f"postgresql://lead_router@/postgres?host={directory}"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def a_schema(server_url: str) -> Iterator[str]:
    """The URL of an empty schema on that server, dropped afterwards with all that is in it."""
    engine, name = _engine(server_url), f"test_{uuid4().hex[:12]}"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    try:
        url = make_url(server_url).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
        engine.dispose()


def _engine(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"))


def _user() -> str | None:
    """Who runs the server: None for ourselves."""
    if os.geteuid() != 0:
        return None
    existing = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in existing)
