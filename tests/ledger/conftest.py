"""The fixture of a ledger."""

from tests.world.records import ledger

__all__ = ["ledger"]
