"""The steps of a lead from one state to the next, and the line each leaves in the ledger."""
