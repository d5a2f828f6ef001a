"""The desk of the routing tests, for the processes that work with it."""

from tests.routing.conftest import clock, portal, rules, sandbox, services, settings, time

__all__ = ["clock", "portal", "rules", "sandbox", "services", "settings", "time"]
