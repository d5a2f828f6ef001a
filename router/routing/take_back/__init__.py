"""Leads that a revision or a rule gave away, decided anew by the live rules."""
