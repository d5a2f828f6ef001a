"""Many leads through a policy at once, as single ones are decided, and what two policies change."""
