"""Photographs that are accepted before they are scored."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Make the table of them."""
    op.create_table(
        "accepted",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("photo", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False, index=True),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("expect", sa.String),
        sa.Column("station", sa.String),
        sa.Column("by", sa.String),
        sa.Column("idempotency", sa.String),
        sa.Column("request", sa.String, nullable=False),
        sa.UniqueConstraint("by", "idempotency"),
    )
