"""A decision explained in steps, the next reps of a team, and the decision record."""
