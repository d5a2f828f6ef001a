"""Commands that move leads, or show what the night moves."""
