"""Absences, refreshed owners and leads of departed owners."""
