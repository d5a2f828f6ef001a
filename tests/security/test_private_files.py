"""What we keep is for us alone, also where an older version or another user left it open."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from router.ledger import open_ledger
from router.security.private_files import NotPrivate, close_var, open_own, own_directory, write_report
from router.store.embedded import EmbeddedServerError, EmbeddedValkey
from tests.world.command_line import Run, a_runner
from tests.world.deliveries import ENVIRON
from tests.world.time import Clock

NOBODY = 65_534


@contextmanager
def usual_umask() -> Iterator[None]:
    """The umask of most machines, with which everything new is readable for all."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(autouse=True)
def _as_on_most_machines() -> Iterator[None]:
    with usual_umask():
        yield


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's temporary folder of this test; not tmp_path, whose names are too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="lr-") as name:
        monkeypatch.setattr("tempfile.tempdir", name)
        yield Path(name)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(directory: Path) -> list[str]:
    """Files and folders that others may use; a socket counts for the folder in which it is."""
    found = [directory, *directory.rglob("*")]
    return [str(path) for path in found if mode(path) & 0o077 and not path.is_socket()]


def test_everything_in_var_is_for_us_alone(tmp_path: Path) -> None:
    var = tmp_path / "var"
    open_ledger(f"sqlite:///{var / 'ledger.sqlite3'}", "1").close()
    with EmbeddedValkey(var / "valkey"):
        names = {path.name for path in var.rglob("*")}

        assert {"ledger.sqlite3", "valkey.log", "valkey.lock", "valkey.starter", "appendonlydir"} <= names
        assert open_to_others(var) == []


def test_what_an_older_version_left_open_is_closed_at_the_start(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "valkey" / "appendonlydir").mkdir(parents=True)
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", "valkey/valkey.log", "valkey/appendonlydir/a.aof"):
        (var / name).write_text("facts")

    close_var(var)

    assert open_to_others(var) == []


def test_the_next_command_closes_it(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir()
    (var / "ledger.sqlite3").touch()
    run: Run = a_runner(
        {**ENVIRON, "VAR_DIR": str(var), "CONFIG_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""},
        clock=Clock(),
    )

    run("ledger")

    assert open_to_others(var) == []


def test_a_file_that_is_not_ours_by_name_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "page.html").touch()

    close_var(tmp_path)

    assert mode(tmp_path / "page.html") == 0o644


def test_a_folder_that_everybody_shares_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)

    with pytest.raises(NotPrivate, match=r"Everybody can write into .* Set VAR_DIR to a folder below it"):
        close_var(shared)

    assert mode(shared) == 0o1777


def test_a_work_place_keeps_its_mode_and_our_files_in_it_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    for name in ("README.md", "ledger.sqlite3"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    close_var(tmp_path)

    assert [mode(path) for path in (tmp_path, tmp_path / "README.md")] == [0o755, 0o644]
    assert mode(tmp_path / "ledger.sqlite3") == 0o600


def test_a_link_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").symlink_to("theirs")

    with pytest.raises(NotPrivate, match="is a link"):
        own_directory(tmp_path / "ours")


@pytest.mark.parametrize("name", ["valkey.lock", "valkey.log", "valkey.starter"])
def test_a_link_in_the_place_of_a_file_is_refused_and_not_followed(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("of somebody else")
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / name).symlink_to(victim)
    server = EmbeddedValkey(tmp_path / "valkey")

    with pytest.raises(EmbeddedServerError, match=f"{name} is a link"):
        server.start()

    server.kill()
    assert victim.read_text() == "of somebody else"


def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")

    with pytest.raises((NotPrivate, OSError)):
        open_own(tmp_path / "lock", os.O_WRONLY)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_socket_folder_of_another_user_is_refused(temporary: Path, tmp_path: Path) -> None:
    theirs = temporary / f"lead-router-{os.getuid()}"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, NOBODY, NOBODY)
    server = EmbeddedValkey(tmp_path / ("d" * 120))
    with socket.socket(socket.AF_UNIX) as trap:
        trap.bind(str(server.socket))
        trap.listen()

        with pytest.raises(EmbeddedServerError, match=f"{theirs} belongs to another user"):
            server.start()


def test_a_socket_folder_of_ours_that_is_open_is_closed(temporary: Path, tmp_path: Path) -> None:
    folder = temporary / f"lead-router-{os.getuid()}"
    folder.mkdir(mode=0o755)

    with EmbeddedValkey(tmp_path / ("d" * 120)):
        assert mode(folder) == 0o700


def test_a_report_with_facts_of_leads_is_for_its_writer_and_keeps_a_mode_that_was_chosen(
    tmp_path: Path,
) -> None:
    new, chosen = tmp_path / "new.html", tmp_path / "chosen.html"
    chosen.touch(mode=0o640)
    chosen.chmod(0o640)

    for path in (new, chosen):
        write_report(path, "facts")

    assert (mode(new), mode(chosen)) == (0o600, 0o640)
    assert new.read_text() == chosen.read_text() == "facts"
