"""Taking back leads that a revision or a rule assigned: the live rules decide them again."""
