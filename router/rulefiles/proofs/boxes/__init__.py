"""The solver behind the proofs: rule conditions as boxes in a space of facts."""
