"""YAML text as a tree with places, and the mistakes found in it."""
