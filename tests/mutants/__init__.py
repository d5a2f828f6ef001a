"""Mutants of the guards: each removes one promise, and a test has to notice (`make mutants`)."""
