"""The backtest: many past leads decided at once, exactly as single leads, and policies compared."""
