"""Rows of earlier versions rewritten in the background, and the readers of both forms."""
