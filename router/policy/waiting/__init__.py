"""Leads that wait in a queue: what is kept of their decision, and when somebody can take them."""
