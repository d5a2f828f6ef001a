"""Revisions: whether a decision still stands after facts came or changed."""
