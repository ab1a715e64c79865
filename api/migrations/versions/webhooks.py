"""Who is told of what happens to cases, and what is on its way to them."""

import sqlalchemy as sa
from alembic import op

revision = "10"
down_revision = "9"


def upgrade() -> None:
    """Make the tables of subscriptions and of deliveries."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("events", sa.String, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("revoked", sa.String),
        sa.Column("upto", sa.Integer, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("webhook", sa.String, primary_key=True),
        sa.Column("event", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("tried", sa.String),
        sa.Column("next", sa.String, index=True),
        sa.Column("delivered", sa.String),
        sa.Column("answer", sa.String),
    )
