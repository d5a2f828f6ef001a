"""Reports on many decisions: fairness, and the nightly run."""
