"""Decisions as reports and backtests read them: a few columns, or one pass."""
