"""The SQL history of decisions."""

from router.ledger.ledger import Ledger, LedgerEvent, open_ledger
from router.ledger.revisions import Origin, RevisionHistory, RuleChange

__all__ = ["Ledger", "LedgerEvent", "Origin", "RevisionHistory", "RuleChange", "open_ledger"]
