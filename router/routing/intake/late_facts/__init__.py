"""Facts that come late: what waits for them, and what is kept to notice them after the decision."""
