"""Structs as plain mappings, for JSON and logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct, to_builtins

_LEFT = (datetime, date, timedelta, Decimal)


def as_plain(struct: Struct | Mapping[str, Any]) -> dict[str, Any]:
    """The fields by name; structs among them become mappings, too. Moments, days, spans and numbers stay."""
    return dict(to_builtins(struct, builtin_types=_LEFT))
