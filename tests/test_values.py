"""Values: compared by their fields, without room for others, and protected by mypy."""

from __future__ import annotations

from dataclasses import field, fields, replace
from pathlib import Path

import pytest
from mypy import api

from router.values import value


@value
class Point:
    """A point of a map."""

    x: int
    y: int = 0
    names: tuple[str, ...] = field(default_factory=tuple)


def test_values_are_compared_and_hashed_by_their_fields() -> None:
    assert Point(1, 2) == Point(1, y=2)
    assert {Point(1, 2), Point(1, 2), Point(2, 1)} == {Point(2, 1), Point(1, 2)}
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    assert [one.name for one in fields(Point)] == ["x", "y", "names"]


def test_a_value_has_no_room_for_other_fields() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]


def test_mypy_refuses_to_change_a_value(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from router.values import value\n\n\n@value\nclass Point:\n    x: int\n\n\nPoint(1).x = 2\n"
    )

    said, _, code = api.run(["--no-incremental", "--follow-imports=silent", str(program)])

    assert code == 1
    assert 'Property "x" defined in "Point" is read-only' in said
    assert "Found 1 error" in said
