"""Reports from the ledger: fairness, weights, comparison, replay."""
