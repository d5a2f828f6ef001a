"""The script that Alembic runs to migrate, on the connection and inside the transaction that it is given."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
