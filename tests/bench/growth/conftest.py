"""Fixtures of the growth bench's tests: every kind of database."""

from tests.world.databases import database_url, postgres_url

__all__ = ["database_url", "postgres_url"]
