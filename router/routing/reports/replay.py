"""Replay of a decision from the ledger alone, compared with its record field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from router.ledger import Ledger
from router.policy.decision.compiled import compile_policy
from router.policy.decision.decide import decide_on_facts
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.rules.policy import Policy
from router.rulefiles.load import load_files
from router.rulefiles.yaml.mistakes import Severity


class NotReplayable(Exception):
    """Something that the decision depended on is not kept; the message says what."""


class RecordDifference(Struct, frozen=True):
    """One field of the record: the value in the ledger, and the value computed now."""

    field: str
    recorded: Any
    now: Any


class ReplayedDecision(Struct, frozen=True):
    """One decision computed again."""

    record: Mapping[str, Any]
    differences: tuple[RecordDifference, ...]

    @property
    def identical(self) -> bool:
        """True if every field has the recorded value."""
        return not self.differences


def replay_decision(ledger: Ledger, decision_id: str) -> ReplayedDecision | None:
    """Decide again with the stored facts, book, owners, moment and rule files; None if there is no decision.

    HubSpot and Redis are not asked. Raises `NotReplayable`, or `sqlalchemy.exc.SQLAlchemyError`.
    """
    record = ledger.decision(decision_id)
    if record is None:
        return None
    return compared(record, _policy(ledger, record["revision"]))


def compared(record: Mapping[str, Any], policy: Policy) -> ReplayedDecision:
    """The record beside what the policy decides from the same inputs. Raises `NotReplayable`."""
    before = from_record(record)
    if before.inputs is None:
        raise NotReplayable(
            f"Decision {before.id} was recorded by a version that did not keep the book of shares it saw."
        )
    again = decide_on_facts(
        compile_policy(policy),
        before.facts,
        before.inputs.world_again(policy, now=before.decided_at),
        before.inputs.request_again(before.contact_id, episode=before.episode),
    )
    now = as_record(again) | {"inputs": record["inputs"]}
    fields = dict.fromkeys((*record, *now))
    return ReplayedDecision(
        record,
        tuple(
            RecordDifference(name, record.get(name), now.get(name))
            for name in fields
            if record.get(name) != now.get(name)
        ),
    )


def _policy(ledger: Ledger, revision: str) -> Policy:
    files = ledger.files_of(revision)
    if files is None:
        raise NotReplayable(f"The ledger has not kept the rule files of revision {revision}.")
    loaded = load_files(files)
    if loaded.policy is None:
        first = next(one for one in loaded.mistakes if one.severity is Severity.ERROR)
        raise NotReplayable(
            f"This version of Lead Router refuses the rule files of revision {revision}: "
            f"{first.file}:{first.line}:{first.column}: {first.message}."
        )
    return loaded.policy
