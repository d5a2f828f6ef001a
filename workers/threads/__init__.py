"""What a process does beside its jobs: its tick, its surroundings, the rules, the ledger."""
