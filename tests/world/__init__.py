"""Helpers used by several test modules."""
