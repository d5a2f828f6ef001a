"""Speed of the pure parts: matching, proofs and backtests."""
