"""The desk of the routing tests, for the processes that work with it."""

from tests.routing.conftest import clock, desk, portal, rules, sandbox, settings, time

__all__ = ["clock", "desk", "portal", "rules", "sandbox", "settings", "time"]
