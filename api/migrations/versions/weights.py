"""What a finding counts at a station, and why it was switched or weighed so."""

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """Make the columns; what was switched before counts in full."""
    with op.batch_alter_table("switches") as switches:
        switches.add_column(sa.Column("weight", sa.Float, nullable=False, server_default="1"))
        switches.add_column(sa.Column("why", sa.String))
    with op.batch_alter_table("switches") as switches:
        switches.alter_column("weight", server_default=None)
