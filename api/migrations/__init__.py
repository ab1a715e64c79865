"""The store's tables brought up to date, step by step, by Alembic."""
