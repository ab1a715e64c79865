"""How each VIN that could be judged is struck."""

import sqlalchemy as sa
from alembic import op

revision = "14"
down_revision = "13"


def upgrade() -> None:
    """Make the table; cases from before teach nothing of their makers."""
    op.create_table(
        "forms",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("maker", sa.String, nullable=False),
        sa.Column("learned", sa.String, nullable=False),
        sa.Column("forms", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_forms_maker", "forms", ["maker"])
