"""Costs of every command, job and page as the ledger and the share book grow over the years."""
