"""Backtests: past leads read, judged by two rule sets in several processes, dealt out and compared."""
