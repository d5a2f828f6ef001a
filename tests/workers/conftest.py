"""The desk of the routing tests, for the processes that work with it."""

from tests.world.portal import clock, desk, office, portal, pull, rules, sandbox, settings, time

__all__ = ["clock", "desk", "office", "portal", "pull", "rules", "sandbox", "settings", "time"]
