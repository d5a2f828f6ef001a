"""What can be wrong with the service: one module per subject, and `table.py` with all of them in order."""
