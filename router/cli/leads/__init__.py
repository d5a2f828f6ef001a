"""Commands about single leads."""
