"""One decision: its context, the eligible reps, the placement, and the sentence that explains it."""
