"""The columns of a decision, read out of its record without building the rest of it."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Raw, Struct, json

_NO_CHANGES: Final = Raw(b"{}")


class OutcomeColumns(Struct, frozen=True):
    """Where the lead went; None where the outcome has no such thing."""

    kind: str
    team: str | None = None
    rep: str | None = None
    owner_id: str | None = None


REVISED: Final = "revised"


class TriggerColumns(Struct, frozen=True):
    """What led to a second decision."""

    kind: str


class InputsColumns(Struct, frozen=True):
    """The trigger of a second decision; None for a new lead's."""

    occasion: TriggerColumns | None = None


class DecisionColumns(Struct, frozen=True):
    """What columns and follow-ups need of a record; moments are ISO texts. `book_changes` stays JSON."""

    id: str
    contact_id: str
    episode: int
    decided_at: str
    revision: str
    rule: str
    outcome: OutcomeColumns
    segment: Any
    grade: Any
    score: Any
    due_at: str | None = None
    mode: str = "live"
    book_changes: Raw = _NO_CHANGES
    inputs: InputsColumns | None = None

    @property
    def is_revision(self) -> bool:
        """Whether the decision took the place of the one before, because facts came."""
        return (
            self.inputs is not None
            and self.inputs.occasion is not None
            and self.inputs.occasion.kind == REVISED
        )

    def as_row(self, portal: str, record: str) -> dict[str, Any]:
        """The row of table `decisions`; `record` is the whole record."""
        return {
            "id": self.id,
            "portal": portal,
            "contact_id": self.contact_id,
            "episode": self.episode,
            "decided_at": self.decided_at,
            "revision": self.revision,
            "rule": self.rule,
            "outcome": self.outcome.kind,
            "team": self.outcome.team,
            "rep": self.outcome.rep,
            "owner_id": self.outcome.owner_id,
            "segment": self.segment,
            "grade": self.grade,
            "score": self.score,
            "record": record,
            "book_changes": bytes(self.book_changes).decode(),
        }


_READER: Final = json.Decoder(DecisionColumns)


def columns_of(record: str) -> DecisionColumns:
    """The columns of a record (JSON). Raises `msgspec.ValidationError` if it is no decision's."""
    return _READER.decode(record)
