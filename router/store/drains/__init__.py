"""Which drains are running, and the lock under which they decide."""
