"""One fixture for every database that a ledger can live in: each test that asks for it runs once on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.ledger import Ledger, open_ledger
from tests.world.postgres import NOT_INSTALLED, a_schema, a_server, given_url, programs

PORTAL = "4242"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server, one per pytest-xdist worker; where there is none, its tests are skipped."""
    given, bin_directory = given_url(), programs()
    if given is not None:
        yield given
    elif bin_directory is None:
        pytest.skip(NOT_INSTALLED)
    else:
        with a_server(bin_directory) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.sqlite3"
        return
    with a_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """An empty ledger in each kind of database."""
    opened = open_ledger(database_url, PORTAL)
    yield opened
    opened.close()
