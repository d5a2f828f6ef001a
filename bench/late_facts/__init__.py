"""Where leads end whose facts come late, and how often they move: `python -m bench.late_facts`."""
