"""Dataclasses that only the type checker holds frozen."""

from __future__ import annotations

from dataclasses import field, replace

import pytest

from router.frozen import frozen


@frozen
class Point:
    x: int
    labels: dict[str, int] = field(default_factory=dict)


def test_a_frozen_value_is_built_compared_and_replaced_like_a_dataclass() -> None:
    point = Point(1)

    assert point == Point(x=1, labels={})
    assert replace(point, x=2) == Point(2)
    assert repr(point).endswith("Point(x=1, labels={})")
    with pytest.raises(AttributeError):
        point.unknown = 1  # type: ignore[attr-defined]
