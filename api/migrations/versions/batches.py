"""Many photographs that belong together."""

import sqlalchemy as sa
from alembic import op

revision = "12"
down_revision = "11"


def upgrade() -> None:
    """Make the tables of batches and of what was not taken, and the column that says of which batch a photograph is."""
    op.add_column("accepted", sa.Column("batch", sa.String))
    op.create_index("ix_accepted_batch", "accepted", ["batch"])
    op.create_table(
        "batches",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("name", sa.String),
        sa.Column("station", sa.String),
        sa.Column("expected", sa.Integer),
        sa.Column("by", sa.String, nullable=False),
    )
    op.create_table(
        "not_taken",
        sa.Column("batch", sa.String, primary_key=True),
        sa.Column("request", sa.String, primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("detail_zh", sa.String, nullable=False),
    )
