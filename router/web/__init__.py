"""The HTTP door: webhook receiver, health, metrics."""
