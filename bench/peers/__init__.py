"""Ways to distribute leads, each re-implemented from its published description."""
