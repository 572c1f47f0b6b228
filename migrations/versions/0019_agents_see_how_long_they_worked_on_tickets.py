"""Agents see how long they worked on tickets: measured while they sat there, or written down by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "time_spent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("counts_for_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sitting", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("measured_s", sa.BigInteger(), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('measured', 'by_hand')", name=op.f("ck_time_spent_kind")),
        sa.CheckConstraint("seconds >= 0 AND measured_s >= 0", name=op.f("ck_time_spent_seconds")),
        sa.CheckConstraint(
            "(kind = 'measured') = (sitting IS NOT NULL AND measured_s IS NOT NULL AND heard_at IS NOT NULL)",
            name=op.f("ck_time_spent_sitting"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_time_spent_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["counts_for_id"], ["tickets.id"], name=op.f("fk_time_spent_counts_for_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_time_spent_agent_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_spent")),
    )
    op.create_index(
        "uq_time_spent_sitting",
        "time_spent",
        ["agent_id", "sitting"],
        unique=True,
        postgresql_where=sa.text("sitting IS NOT NULL"),
    )
    op.create_index("ix_time_spent_counts_for_id", "time_spent", ["counts_for_id"])
    op.create_index("ix_time_spent_ticket_id", "time_spent", ["ticket_id"])
    op.create_index("ix_time_spent_agent_id_day", "time_spent", ["agent_id", "day"])
    op.create_index("ix_time_spent_day", "time_spent", ["day"])
    op.add_column("agents", sa.Column("measures_time", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("agents", "measures_time", server_default=None)


def downgrade() -> None:
    """Take back."""
    op.drop_column("agents", "measures_time")
    op.drop_table("time_spent")
