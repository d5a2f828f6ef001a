"""A ledger that cannot be used is waited for, whatever is wrong with it; it is used again by itself."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from router.ledger import LEDGER_ERRORS, Ledger, open_ledger
from router.ledger.opening.database import REST_S, Database
from tests.world.databases import postgres_url
from tests.world.newer_ledgers import make_newer
from tests.world.postgres import NOT_INSTALLED, a_schema, a_server, programs

__all__ = ["postgres_url"]

PORTAL = "4242"


class Seconds:
    """A monotonic clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "ledger.sqlite3"


@pytest.fixture
def ledger(file: Path, seconds: Seconds) -> Iterator[Ledger]:
    """A ledger that nobody has used yet."""
    opened = Ledger(Database(f"sqlite:///{file}", clock=seconds), PORTAL)
    yield opened
    opened.close()


def lock(file: Path) -> Callable[[], None]:
    """Let another program hold the ledger; returns what ends that."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other.close


def put_a_folder_there(file: Path) -> Callable[[], None]:
    aside = file.with_name("aside")
    file.rename(aside)
    file.mkdir()

    def mend() -> None:
        file.rmdir()
        aside.rename(file)

    return mend


def write_garbage(file: Path) -> Callable[[], None]:
    sound = file.read_bytes()
    file.write_bytes(b"not a database at all" * 400)
    return lambda: void(file.write_bytes(sound))


def cut_in_half(file: Path) -> Callable[[], None]:
    sound = file.read_bytes()
    os.truncate(file, len(sound) // 2)
    return lambda: void(file.write_bytes(sound))


def take_the_folder_away(file: Path) -> Callable[[], None]:
    """Where its disk was mounted there is a file, so that no folder can be made."""
    aside = file.parent.with_name("unmounted")
    file.parent.rename(aside)
    file.parent.write_text("")

    def mend() -> None:
        file.parent.unlink()
        aside.rename(file.parent)

    return mend


def upgrade_it(file: Path) -> Callable[[], None]:
    sound = file.read_bytes()
    make_newer(f"sqlite:///{file}", PORTAL)

    def mend() -> None:
        for name in ("-wal", "-shm"):
            Path(f"{file}{name}").unlink(missing_ok=True)
        file.write_bytes(sound)

    return mend


def void(_: object) -> None:
    """Nothing."""


DAMAGES = (
    (lock, "locked"),
    (put_a_folder_there, "forbidden"),
    (write_garbage, "corrupt"),
    (cut_in_half, "corrupt"),
    (take_the_folder_away, "absent"),
    (upgrade_it, "newer"),
)


@pytest.mark.parametrize(("damage", "kind"), DAMAGES, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("from_the_start", [True, False], ids=["at the start", "later"])
def test_what_is_wrong_has_a_name_and_ends_by_itself(
    ledger: Ledger,
    file: Path,
    seconds: Seconds,
    damage: Callable[[Path], Callable[[], None]],
    kind: str,
    from_the_start: bool,
) -> None:
    made = open_ledger(f"sqlite:///{file}", PORTAL)
    made.close()
    if damage is upgrade_it and not from_the_start:
        pytest.skip("a process that runs may record for a newer version, which rewrites its rows")
    if not from_the_start:
        assert ledger.database.probe() is None
        ledger.close()  # so that its pages are not in memory
    mend = damage(file)

    with pytest.raises(LEDGER_ERRORS):
        ledger.recent()
        ledger.record([], [("1-0", "501", {"at": "2026-11-24", "kind": "seen"})])
    problem = ledger.database.problem or ledger.database.probe()
    with pytest.raises(LEDGER_ERRORS):  # at once, without asking the database
        ledger.recent()
    mend()
    seconds.now += REST_S
    found = ledger.recent()

    assert problem is not None
    assert problem.kind == kind
    assert str(file) in problem.sentence
    assert problem.remedy
    assert (found, ledger.database.problem) == ((), None)


def test_a_sound_ledger_has_no_problem(ledger: Ledger) -> None:
    assert ledger.database.probe() is None
    assert ledger.recent() == ()


def test_a_process_without_a_right_to_the_file_waits_for_it(file: Path) -> None:
    open_ledger(f"sqlite:///{file}", PORTAL).close()
    file.chmod(0o400)
    nobody = ""
    if not os.getuid():  # the superuser may do everything
        nobody = "import os; os.setegid(65534); os.seteuid(65534);"
        file.chmod(0o600)

    told = _probe_in_a_process(file, first=nobody)

    assert told == "forbidden"


def test_a_full_disk_is_called_so(file: Path) -> None:
    open_ledger(f"sqlite:///{file}", PORTAL).close()

    told = _probe_in_a_process(file, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))

    assert told == "full"


def test_a_ledger_that_was_there_before_is_not_begun_anew_while_it_is_missing(
    file: Path, seconds: Seconds
) -> None:
    ledger = Ledger(Database(f"sqlite:///{file}", may_create=lambda: False, clock=seconds), PORTAL)

    with pytest.raises(LEDGER_ERRORS):
        ledger.recent()
    missing = ledger.database.problem
    open_ledger(f"sqlite:///{file}", PORTAL).close()
    seconds.now += REST_S

    assert missing is not None
    assert missing.kind == "absent"
    assert ledger.recent() == ()


def test_connections_of_before_do_not_write_into_a_file_that_was_set_aside(
    ledger: Ledger, file: Path
) -> None:
    ledger.record([], [("1-0", "501", {"at": "2026-11-24", "kind": "seen"})])
    aside = file.with_name("aside")
    for name in ("", "-wal", "-shm"):
        shutil.move(f"{file}{name}", f"{aside}{name}")

    ledger.record([], [("2-0", "502", {"at": "2026-11-24", "kind": "seen"})])

    assert [len(ledger.events_of(one)) for one in ("501", "502")] == [0, 1]


def test_a_postgresql_that_is_down_or_refuses_us_is_waited_for(postgres_url: str) -> None:
    with a_schema(postgres_url) as url:
        open_ledger(url, PORTAL).close()
        parsed = make_url(url)
        down = (
            parsed.update_query_dict({"host": "/nowhere"}) if "host" in parsed.query else parsed.set(port=1)
        )
        no_such = parsed.set(database="there_is_no_such_database")

        told = [_kind(one.render_as_string(hide_password=False)) for one in (parsed, down, no_such)]

    assert told == [None, "down", "absent"]


def test_a_postgresql_that_goes_down_later_is_waited_for() -> None:
    programs_of_it = programs()
    if programs_of_it is None:
        pytest.skip(NOT_INSTALLED)
    with a_server(programs_of_it) as url:
        ledger = Ledger(Database(url, clock=(seconds := Seconds())), PORTAL)
        found = ledger.recent()
    with pytest.raises(LEDGER_ERRORS):
        ledger.recent()
    seconds.now += REST_S
    with pytest.raises(LEDGER_ERRORS):
        ledger.recent()

    assert found == ()
    assert ledger.database.problem is not None
    assert ledger.database.problem.kind == "down"


def _kind(url: str) -> str | None:
    problem = Database(url).probe()
    return None if problem is None else problem.kind


def _probe_in_a_process(file: Path, *, first: str = "", **how: object) -> str:
    code = (
        "import sys; from router.ledger.opening.database import Database;"
        f"database = Database(sys.argv[1]); {first} problem = database.probe();"
        "print(problem and problem.kind)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{file}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[3],
        **how,  # type: ignore[call-overload]
    )
    return str(ended.stdout.strip().splitlines()[-1])


def test_what_a_transaction_may_take_back_waits_in_memory_and_the_sorts_of_reports_on_the_disk(
    file: Path,
) -> None:
    database = Database(f"sqlite:///{file}")

    writing = database.write(lambda connection: connection.exec_driver_sql("PRAGMA temp_store").scalar())
    with database.connect() as connection:
        reading = connection.exec_driver_sql("PRAGMA temp_store").scalar()
    database.dispose()

    assert (writing, reading) == (2, 0)
