"""The HTTP side: webhook receiver, health, metrics."""
