"""The outbox drained into the ledger and into notifications."""
