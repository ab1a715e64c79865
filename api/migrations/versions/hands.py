"""The hand of each number that could be judged."""

import sqlalchemy as sa
from alembic import op

revision = "13"
down_revision = "12"


def upgrade() -> None:
    """Make the table; cases from before have none."""
    op.create_table(
        "hands",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("learned", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
