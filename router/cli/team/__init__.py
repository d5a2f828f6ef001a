"""Commands about reps and teams."""
