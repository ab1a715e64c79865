"""Prints, hands and forms bear the numbers of their inspections, in the order in which these were kept."""

import sqlalchemy as sa
from alembic import op

revision = "15"
down_revision = "14"


def upgrade() -> None:
    """Number them anew: until now by when the photograph was accepted, which may be long before it was scored."""
    inspections = sa.table("inspections", sa.column("id"), sa.column("number"))
    for name in ("prints", "hands", "forms"):
        of = sa.table(name, sa.column("id"), sa.column("number"))
        now = sa.select(inspections.c.number).where(inspections.c.id == of.c.id).scalar_subquery()
        op.execute(sa.update(of).values(number=-now))  # below zero first, where no other row stands in the way
        op.execute(sa.update(of).values(number=-of.c.number))
    with op.batch_alter_table("prints") as prints:
        prints.drop_column("id")
