"""The fixtures of a routing desk."""

from tests.world.portal import clock, desk, portal, pull, rules, sandbox, settings, time

__all__ = ["clock", "desk", "portal", "pull", "rules", "sandbox", "settings", "time"]
