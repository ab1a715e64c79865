"""Time stamps of an authority on checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "11"
down_revision = "10"


def upgrade() -> None:
    """Make the table of them."""
    op.create_table(
        "stamps",
        sa.Column("size", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("stamp", sa.LargeBinary, nullable=False),
    )
