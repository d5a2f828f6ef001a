"""What operations expect of their own rules, and whether the rules do it."""
