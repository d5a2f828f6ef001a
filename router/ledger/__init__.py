"""The SQL history of decisions."""

from router.ledger.ledger import Entry, Ledger, open_ledger
from router.ledger.revisions import Origin, RevisionHistory, RuleChange
from router.ledger.schema import NewerLedger, UnusableLedger

__all__ = [
    "Entry",
    "Ledger",
    "NewerLedger",
    "Origin",
    "RevisionHistory",
    "RuleChange",
    "UnusableLedger",
    "open_ledger",
]
