"""What a process does beside its jobs: its tick, its surroundings, the ledger."""
