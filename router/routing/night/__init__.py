"""The nightly reassignment: planning leads to move, the brake, and the outcome of the plan."""
