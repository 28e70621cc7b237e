"""People's own sign-ins at other systems, and those that have begun."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """The two tables."""
    op.create_table(
        "connected_accounts",
        sa.Column("user", sa.String(length=320), nullable=False),
        sa.Column("system", sa.String(length=120), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user", "system"),
    )
    op.create_table(
        "sign_in_requests",
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=320), nullable=False),
        sa.Column("system", sa.String(length=120), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state"),
    )
    op.create_index(op.f("ix_sign_in_requests_user"), "sign_in_requests", ["user"])
