"""The steps of the ledger's schema, for Alembic; `router.ledger.upgrade` runs them."""
