"""What a station sends beside a photograph; idempotency keys are each station's own."""

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"

_UNNAMED = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}  # as PostgreSQL names what has no name


def upgrade() -> None:
    """Make the columns, and let two stations use one key."""
    for table in ("accepted", "inspections"):
        for name in ("lane", "business", "captured"):
            op.add_column(table, sa.Column(name, sa.String))
    with op.batch_alter_table("accepted", naming_convention=_UNNAMED) as accepted:
        accepted.drop_constraint("accepted_by_idempotency_key", type_="unique")
    op.create_index("ix_accepted_idempotency", "accepted", ["idempotency"])
