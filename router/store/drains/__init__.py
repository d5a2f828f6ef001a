"""The list of running drains, and the lock under which they decide."""
