"""People who sign in by an OpenID provider."""

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"


def upgrade() -> None:
    """Make the columns that say what it calls them, and the table of those who are signing in."""
    with op.batch_alter_table("people") as people:
        for name in ("subject", "email"):
            people.add_column(sa.Column(name, sa.String))
            people.create_unique_constraint(f"people_{name}_key", [name])
    op.create_table(
        "openid",
        sa.Column("state", sa.String, primary_key=True),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("verifier", sa.String, nullable=False),
        sa.Column("expires", sa.String, nullable=False),
    )
