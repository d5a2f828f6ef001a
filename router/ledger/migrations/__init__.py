"""The migrations of the ledger's schema, for Alembic; `router.ledger.migrations.upgrade` runs them."""
