"""Heartbeats, progress and counts for the health page."""
