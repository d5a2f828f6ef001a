"""Whether a lead waits for its facts."""
