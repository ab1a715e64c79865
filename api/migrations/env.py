"""What Alembic runs to take a step: on the connection, and in the transaction, of whoever called it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
