"""What is kept of a decision that can be revised, to see later whether it still stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field, json

from router.store import lead_fields

OF_REVISION: Final = (lead_fields.REVISABLE, lead_fields.REVISE_UNTIL)
"""Fields of a lead whose decision can be revised; they end when it is not our decision any more."""


class Revisable(Struct, frozen=True):
    """The decision of a lead within the `revise` of its rule files; moments are epoch milliseconds.

    `since_ms`: when the lead was announced. `seen_ms`: HubSpot's moment of the record's last change as it was
    read for the decision; `read` and `company` are digests of the contact's and the company's values then
    (see `routing.intake.late_facts.revisable`). `moves`: how often a revision gave it to somebody else.
    `target` is the rule's target as text; `paid` what the decision added to the book, without the refund of
    the one before; `shown` score and grade on the record. `looks`: whether it is looked at again although
    nothing announces a change. `told`: its owner knows of it from the decision before.
    """

    since_ms: int
    seen_ms: int
    read: str
    rule: str
    target: str
    outcome: str
    sla_ms: int
    segment: str
    status: str | None = None
    team: str | None = None
    due_ms: int | None = None
    moves: int = 0
    open_facts: tuple[str, ...] = ()
    paid: Mapping[str, int] = field(default_factory=dict)
    company: str = ""
    shown: tuple[str, str] = ("", "")
    looks: bool = False
    told: bool = False


def as_text(kept: Revisable) -> str:
    """The JSON of `lead_fields.REVISABLE`."""
    return json.encode(kept).decode()


def revisable_of(text: str | None) -> Revisable | None:
    """What `as_text` wrote; None for none."""
    return _READER.decode(text) if text else None


_READER: Final = json.Decoder(Revisable)
