"""Tickets that have to do with each other are linked."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "relations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('related', 'duplicate', 'incident')", name=op.f("ck_relations_kind")),
        sa.CheckConstraint("ticket_id <> other_id", name=op.f("ck_relations_two")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_relations_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["tickets.id"], name=op.f("fk_relations_other_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["agents.id"], name=op.f("fk_relations_made_by_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
    )
    for column in ("ticket_id", "other_id"):
        op.create_index(f"ix_relations_{column}", "relations", [column], postgresql_where=sa.text("ended_at IS NULL"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("relations")
