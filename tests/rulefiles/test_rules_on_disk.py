"""Reading the rule files of a folder, and noticing that they have changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.rules_on_disk import FILES, RuleFilesUnreadable, fingerprint, read_rule_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_the_rule_files_are_read_and_nothing_else(folder: Path) -> None:
    (folder / ".routing.yaml.swp").write_bytes(b"an editor's")
    (folder / "routing.yaml~").write_bytes(b"an editor's")

    assert read_rule_files(folder) == {name: name.encode() for name in FILES}


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RuleFilesUnreadable, match=r"none is no directory\. Set CONFIG_DIR"):
        read_rule_files(tmp_path / "none")


def test_a_missing_file_is_one_sentence(folder: Path) -> None:
    (folder / "lists.yaml").unlink()

    with pytest.raises(RuleFilesUnreadable, match=r"There is no lists\.yaml in .*\. Copy it from config/\."):
        read_rule_files(folder)


def test_a_huge_file_is_refused_without_being_read(folder: Path) -> None:
    with (folder / "team.yaml").open("wb") as file:
        file.truncate(1 << 30)

    with pytest.raises(RuleFilesUnreadable, match=r"team\.yaml is too large: 1,073,741,824 bytes"):
        read_rule_files(folder)


@pytest.mark.timeout(10)
def test_a_pipe_does_not_hang_the_reader(folder: Path) -> None:
    (folder / "team.yaml").unlink()
    os.mkfifo(folder / "team.yaml")

    with pytest.raises(RuleFilesUnreadable, match=r"is no file\. Put team\.yaml there\."):
        read_rule_files(folder)


def test_a_folder_in_place_of_a_file_is_one_sentence(folder: Path) -> None:
    (folder / "team.yaml").unlink()
    (folder / "team.yaml").mkdir()

    with pytest.raises(RuleFilesUnreadable, match=r"team\.yaml"):
        read_rule_files(folder)


def test_the_fingerprint_stays_while_nobody_touches_a_file(folder: Path) -> None:
    first = fingerprint(folder)
    (folder / "notes.txt").write_bytes(b"not ours")

    assert fingerprint(folder) == first


def test_the_fingerprint_changes_with_a_file_that_is_replaced(folder: Path) -> None:
    first = fingerprint(folder)
    written = folder / "new"
    written.write_bytes(b"team.yaml")
    os.utime(written, ns=(0, (folder / "team.yaml").stat().st_mtime_ns))
    written.rename(folder / "team.yaml")

    assert fingerprint(folder) != first


def test_the_fingerprint_changes_when_a_file_goes(folder: Path) -> None:
    first = fingerprint(folder)
    (folder / "team.yaml").unlink()

    assert fingerprint(folder) != first


@pytest.mark.parametrize("name", ["team.yaml", "hubspot.catalog.json", "tests/idf.test.yaml", "tests"])
def test_a_link_to_a_file_of_somebody_else_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "idf.test.yaml").write_text("secret-of-somebody")
    target = elsewhere if name == "tests" else elsewhere / "idf.test.yaml"
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)

    with pytest.raises(RuleFilesUnreadable, match=r"is a link to .*outside of") as caught:
        read_rule_files(folder)

    assert "secret-of-somebody" not in str(caught.value)


def test_a_folder_that_kubernetes_mounts_by_links_is_read(tmp_path: Path) -> None:
    """As a ConfigMap does it: every file links to ..data/, and ..data to the present version."""
    version = tmp_path / "mount" / "..2026_11_27"
    (version / "tests").mkdir(parents=True)
    for name in (*FILES, "tests/idf.test.yaml"):
        (version / name).write_bytes(name.encode())
    (tmp_path / "mount" / "..data").symlink_to("..2026_11_27")
    for name in (*FILES, "tests"):
        (tmp_path / "mount" / name).symlink_to(f"..data/{name}")
    (tmp_path / "config").symlink_to("mount")  # and the folder itself may be a link, too

    found = read_rule_files(tmp_path / "config")

    assert found == {name: name.encode() for name in (*FILES, "tests/idf.test.yaml")}


def test_a_link_that_runs_in_a_circle_is_one_sentence(folder: Path) -> None:
    (folder / "team.yaml").unlink()
    (folder / "team.yaml").symlink_to("team.yaml")

    with pytest.raises(RuleFilesUnreadable, match=r"team\.yaml"):
        read_rule_files(folder)
