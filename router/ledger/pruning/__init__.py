"""Deleting rows older than LEDGER_KEEP, once the sums of their days are final."""
