"""Reports over many decisions: fairness and the nightly run."""
