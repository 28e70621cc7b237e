"""Requests for a copy of a conversation or of an answer in one, which its owner grants or refuses."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """The table of requests; a row belongs to its conversation and goes with it."""
    op.create_table(
        "copy_requests",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(length=320), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", "ordinal", "user"),
    )
    op.create_index(op.f("ix_copy_requests_user"), "copy_requests", ["user"])
