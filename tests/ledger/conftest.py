"""Every ledger test runs on SQLite and on PostgreSQL."""

from tests.world.databases import database_url, ledger, postgres_url

__all__ = ["database_url", "ledger", "postgres_url"]
