"""What is watched for, switched off, and compared."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Make the tables of watched numbers, of switched findings and of photographs' prints."""
    op.create_table(
        "watchlist",
        sa.Column("number", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("ended", sa.String),
    )
    op.create_table(
        "switches",
        sa.Column("station", sa.String, primary_key=True),
        sa.Column("finding", sa.String, primary_key=True),
        sa.Column("changed", sa.String, nullable=False),
        sa.Column("on", sa.Boolean, nullable=False),
        sa.Column("by", sa.String, nullable=False),
    )
    op.create_table(
        "prints",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("whole", sa.LargeBinary, nullable=False),
        sa.Column("around", sa.LargeBinary),
    )
