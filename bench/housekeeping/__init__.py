"""Speed of what happens after the assignment: the night, and following leads."""
