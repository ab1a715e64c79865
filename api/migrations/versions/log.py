"""The log."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Make the table of entries."""
    op.create_table(
        "entries",
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("inspection", sa.String, index=True),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("checkpoint", sa.String, nullable=False),
    )
