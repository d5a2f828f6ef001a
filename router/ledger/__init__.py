"""The SQL history of decisions, events, follow-ups, nights and rule revisions."""

from router.ledger.ledger import Ledger, LedgerEvent, open_ledger
from router.ledger.revisions import Origin, RevisionHistory, RuleChange
from router.ledger.schema import NewerLedger, UnusableLedger

__all__ = [
    "Ledger",
    "LedgerEvent",
    "NewerLedger",
    "Origin",
    "RevisionHistory",
    "RuleChange",
    "UnusableLedger",
    "open_ledger",
]
