"""The HTTP side: webhook receiver, the reps' API, health, metrics."""
