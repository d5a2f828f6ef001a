"""The SQL history of decisions."""

from router.ledger.ledger import Entry, Ledger, open_ledger
from router.ledger.revisions import Origin, RevisionHistory, RuleChange

__all__ = ["Entry", "Ledger", "Origin", "RevisionHistory", "RuleChange", "open_ledger"]
