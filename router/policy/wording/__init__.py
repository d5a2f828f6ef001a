"""Sentences about decisions, in French and English."""
