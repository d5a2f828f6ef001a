"""`router backtest`: tables, plots and a page."""
