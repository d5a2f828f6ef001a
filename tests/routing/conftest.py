"""The fixtures of a portal's services."""

from tests.world.portal import clock, portal, pull, rules, sandbox, services, settings, time

__all__ = ["clock", "portal", "pull", "rules", "sandbox", "services", "settings", "time"]
