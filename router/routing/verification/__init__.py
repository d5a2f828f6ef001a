"""Verification of the records: late writes, covered choices, and contacts that are not found."""
