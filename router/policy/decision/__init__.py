"""One decision: the context, eligible reps, placement, and the decision with its narrative."""
