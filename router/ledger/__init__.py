"""The SQL history of decisions."""
