"""Opening the ledger at its first use, what can be wrong with it, and setting a corrupt file aside."""
