"""Rule tests: what operations expect of their rules, and whether the rules do it."""
