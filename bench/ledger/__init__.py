"""Speed of a large ledger."""
