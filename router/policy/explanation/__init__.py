"""Explanations: the steps of a decision, the next reps of a team, and the decision record."""
