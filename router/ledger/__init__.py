"""The SQL history of decisions."""

from router.ledger.ledger import Entry, Ledger, open_ledger

__all__ = ["Entry", "Ledger", "open_ledger"]
