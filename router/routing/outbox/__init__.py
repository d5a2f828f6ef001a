"""Moving the outbox into the ledger and into notifications."""
