"""A lead as read from HubSpot, and the types of its facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct, field

Value: TypeAlias = str | Decimal | date | datetime | timedelta | bool | frozenset[str]
Facts: TypeAlias = Mapping[str, Value]
"""Typed facts by the name that rules use; a missing fact is absent, never empty."""


class Lead(Struct, frozen=True):
    """One contact as raw strings by HubSpot's property names; `company` holds its company's properties."""

    id: str
    properties: Mapping[str, str]
    company: Mapping[str, str] = field(default_factory=dict)
    previous_owner: str | None = None
    """The HubSpot owner who had the contact before it was deleted and created again."""
