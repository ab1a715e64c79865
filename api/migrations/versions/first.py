"""Inspections and keys."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the tables of the first stores."""
    op.create_table(
        "inspections",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("photo", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False, index=True),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("overlay_sha256", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("expect", sa.String),
        sa.Column("text", sa.String, index=True),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("support", sa.Float),
        sa.Column("document", sa.String, nullable=False),
    )
    op.create_table(
        "keys", sa.Column("sha256", sa.String, primary_key=True), sa.Column("created", sa.String, nullable=False)
    )
