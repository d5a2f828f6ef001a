"""Revisions: leads whose facts came or changed after their decision, while nobody has begun."""
