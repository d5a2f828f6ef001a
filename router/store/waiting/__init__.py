"""Groups of queued leads that wait for the same reps, and what those reps could take at the last look."""
