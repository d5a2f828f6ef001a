"""The services of the routing tests, for the processes that work with them."""

from tests.world.portal import clock, context, portal, pull, rules, sandbox, services, settings, time

__all__ = ["clock", "context", "portal", "pull", "rules", "sandbox", "services", "settings", "time"]
