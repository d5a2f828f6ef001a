"""Sums of decisions for the fairness report: they can be stored by day, and added up in order."""
