"""Readers of scoring.yaml."""
