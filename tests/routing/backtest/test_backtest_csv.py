"""An export is read as the csv module and `moment_in` read it, however it is written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.policy.backtest.judging.columns import MISSING, instant
from router.policy.leads.parsing import moment_in
from router.routing.backtest import csv_rows
from router.routing.backtest.csv_leads import open_csv
from router.routing.backtest.csv_rows import LeadsUnreadable
from router.routing.backtest.timestamps import Moments
from router.rulefiles.words.catalog_file import parse_catalog
from tests.world.rule_folders import CATALOG

PROPERTIES = parse_catalog(CATALOG.read_bytes())
TYPES = {"zip": "text", "email": "text"}


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few rows: what matters happens where one ends."""
    monkeypatch.setattr(csv_rows, "BLOCK_BYTES", 40)


def read(path: Path) -> list[tuple[object, ...]]:
    """All rows of the two columns, put together from the blocks."""
    leads = open_csv(path, PROPERTIES)
    found: list[tuple[object, ...]] = []
    for _, chunk in leads.chunks(TYPES, wanted=lambda _number: True):
        found += zip(chunk.cells["zip"], chunk.cells["email"], strict=True)
    return found


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*[st.text(st.sampled_from('ab ,;"\né'), max_size=8)] * 2), max_size=12),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_any_export_is_read_back(
    tmp_path: Path,
    tiny_blocks: None,
    rows: list[tuple[str, ...]],
    quoting: int,
    ends: str,
    delimiter: str,
    has_bom: bool,
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=quoting, lineterminator=ends, delimiter=delimiter)
    writer.writerow(("createdate", "zip", "email"))
    writer.writerows(("2026-11-02 08:00", *row) for row in rows)
    path = tmp_path / "leads.csv"
    path.write_bytes(file.getvalue().encode("utf-8-sig" if has_bom else "utf-8"))

    assert read(path) == rows


@pytest.mark.parametrize(
    "text",
    [
        "createdate,zip,email\n2026-11-02,1\n2,2026-11-02,3,4\n",
        "createdate,zip,email\n2026-11-02\n2026-11-02\n",
        "createdate,zip,email\n2026-11-02,1,2,3\n2026-11-02\n",
    ],
)
def test_uneven_rows_are_refused_though_the_cells_add_up(tmp_path: Path, text: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(text)

    with pytest.raises(LeadsUnreadable, match="where the header has 3"):
        read(path)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_blank_lines_are_no_leads(tmp_path: Path, ends: str) -> None:
    path = tmp_path / "leads.csv"
    lines = ["createdate,zip,email", "", "2026-11-02,1,a", "", "2026-11-02,2,b"]
    path.write_bytes((ends.join(lines) + ends).encode())

    assert read(path) == [("1", "a"), ("2", "b")]


days = st.sampled_from(
    ["2026-11-02", "2024-02-29", "2025-02-29", "0001-01-01", "9999-12-31", "2026-1-2", "", "1"]
)
clocks = st.sampled_from(
    ["", " 08:00", "T23:59:59", " 24:00", "T08:00Z", "T08:00:00+02:00", "T08:00:00.123Z", " 8:00", " ", "x"]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds(str.__add__, days, clocks),
            st.datetimes().map(str),
            st.integers(-(10**13), 10**13).map(str),
            st.text(max_size=12),
        ),
        max_size=8,
    )
)
def test_moments_are_read_as_they_are_one_by_one(texts: list[str]) -> None:
    expected = [None if (one := moment_in(text)) is None else instant(one) for text in texts]

    assert [None if at == MISSING else at for at in Moments().of(texts)] == expected
