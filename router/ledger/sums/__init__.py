"""Sums of each day's rows for reports: made once the day is over, made anew when its rows change."""
