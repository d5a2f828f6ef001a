"""Readers of routing.yaml, one file per block."""
