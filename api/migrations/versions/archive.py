"""The archive."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables of files, rubbings, imports, what these refused, and what happened to a file."""
    op.create_table(
        "archive_files",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("number", _BYTES, nullable=False, index=True),
        sa.Column("folded", _BYTES, nullable=False, index=True),
        sa.Column("backwards", _BYTES, nullable=False, index=True),
        sa.Column("inner", _BYTES, nullable=False, index=True),
        sa.Column("maker", sa.String),
        sa.Column("plant", sa.String),
        sa.Column("year", sa.Integer),
        sa.Column("station", sa.String),
        sa.Column("file", sa.String, unique=True),
        sa.Column("filed", sa.String),
        sa.Column("source", sa.String, nullable=False),
    )
    op.create_table(
        "archive_rubbings",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("of", sa.String, nullable=False, index=True),
        sa.Column("sha256", sa.String, nullable=False, index=True),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
    )
    op.create_table(
        "archive_imports",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False, index=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("passed_over", sa.String, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("known", sa.Integer, nullable=False),
        sa.Column("rubbings", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("finished", sa.String),
    )
    op.create_table(
        "archive_refused",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "archive_events",
        sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("of", sa.String, nullable=False, index=True),
        sa.Column("event", sa.String, nullable=False),
    )
