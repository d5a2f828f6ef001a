"""The SQL history of decisions, events, follow-ups, nights and rule revisions."""

from router.ledger.ledger import Ledger, LedgerEvent, ledger_at, open_ledger
from router.ledger.revisions import Origin, RevisionHistory, RuleChange
from router.ledger.schema import LEDGER_ERRORS, NewerLedger, UnusableLedger

__all__ = [
    "LEDGER_ERRORS",
    "Ledger",
    "LedgerEvent",
    "NewerLedger",
    "Origin",
    "RevisionHistory",
    "RuleChange",
    "UnusableLedger",
    "ledger_at",
    "open_ledger",
]
