"""Charts are whole SVG, small however long the lines, and keep every peak."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from router.cli.shared.chart import Chart, svg


def a_chart(**fields: Any) -> Chart:
    return replace(
        Chart(title="Team idf", lines={"anna": [(0.0, 0.0), (1.0, 1.5)]}, ends=("a", "b")), **fields
    )


def test_names_are_escaped() -> None:
    drawn = svg("<b>", [a_chart(title="R&D", lines={"<anna>": [(0.0, 0.0)]})])

    assert "&lt;b&gt;" in drawn and "R&amp;D" in drawn and "&lt;anna&gt;" in drawn
    assert "<anna>" not in drawn


def test_a_long_line_is_thinned_and_keeps_its_peak() -> None:
    line = [(n / 10_000, 9.0 if n == 4_321 else 0.0) for n in range(10_000)]

    drawn = svg("t", [a_chart(lines={"anna": line})])

    points = re.search(r'points="([^"]+)"', drawn)
    heights = [float(point.split(",")[1]) for point in points[1].split()] if points else []
    assert len(heights) <= 300
    assert len(set(heights)) == 2


def test_a_flat_line_and_no_line_are_drawn() -> None:
    assert "polyline" in svg("t", [a_chart(lines={"anna": [(0.0, 0.0), (1.0, 0.0)]})])
    assert "polyline" not in svg("t", [a_chart(lines={})])


def test_charts_stand_in_columns() -> None:
    drawn = svg("t", [a_chart(), a_chart(), a_chart()], columns=2)

    assert re.findall(r"translate\((\d+) (\d+)\)", drawn) == [("0", "34"), ("340", "34"), ("0", "234")]
