"""The night: which leads move, from whom to whom, under the brake, and what became of the plan."""
