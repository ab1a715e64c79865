"""Stations, what keys open, people and their sessions, decisions."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Make the tables, and the columns that say whose an inspection and a key are."""
    op.add_column("inspections", sa.Column("station", sa.String))
    op.add_column("inspections", sa.Column("by", sa.String))
    op.create_index("ix_inspections_station", "inspections", ["station"])
    op.add_column("keys", sa.Column("station", sa.String))
    op.add_column("keys", sa.Column("name", sa.String))
    op.add_column("keys", sa.Column("revoked", sa.String))
    op.create_table(
        "stations",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("second_signature", sa.String, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("station", sa.String),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("left", sa.String),
    )
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("person", sa.String, nullable=False, index=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("expires", sa.String, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("inspection", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("signature", sa.Integer, nullable=False),
        sa.Column("needs", sa.Integer, nullable=False),
    )
