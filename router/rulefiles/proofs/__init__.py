"""Proofs about rule files: rules that never match, reps who get no lead, teams without a rep at work."""
