"""Claims and releases by reps."""
